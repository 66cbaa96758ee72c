{ "variables": { "src": "native", "root": "." }, "includes": ["native/addon.gypi"] }
