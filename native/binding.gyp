{ "variables": { "src": ".", "root": ".." }, "includes": ["addon.gypi"] }
