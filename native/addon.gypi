# The addon and one static library per ISA. `src` is this folder and `root` the package's, both seen from the .gyp file
# that includes this one.
{
  "variables": {
    "openssl_fips%": "",
    "core_sources": ["<!@(node -p \"require('./<(src)/sources.json').core.map(f => '<(src)/' + f).join(' ')\")"],
    "addon_sources": ["<!@(node -p \"require('./<(src)/sources.json').addon.map(f => '<(src)/' + f).join(' ')\")"],
    "baseline_sources": ["<!@(node -p \"require('./<(src)/sources.json').parts.map(f => '<(src)/isa/baseline/' + f + '.cpp').join(' ')\")"],
    "avx2_sources": ["<!@(node -p \"require('./<(src)/sources.json').parts.map(f => '<(src)/isa/avx2/' + f + '.cpp').join(' ')\")"],
    "avx512_sources": ["<!@(node -p \"require('./<(src)/sources.json').parts.map(f => '<(src)/isa/avx512/' + f + '.cpp').join(' ')\")"],
    "neon_sources": ["<!@(node -p \"require('./<(src)/sources.json').parts.map(f => '<(src)/isa/neon/' + f + '.cpp').join(' ')\")"],
    "common_flags": ["<!@(node -p \"require('./<(src)/sources.json').flags.join(' ')\")"],
    "avx2_flags": ["<!@(node -p \"require('./<(src)/sources.json').isa.avx2.flags.join(' ')\")"],
    "avx512_flags": ["<!@(node -p \"require('./<(src)/sources.json').isa.avx512.flags.join(' ')\")"],
    "version": "<!(node -p \"require('./<(root)/package.json').version\")",
  },
  "target_defaults": {
    "include_dirs": ["<(src)"],
    # In conditions, so that -std comes after the one of Node's common.gypi.
    "conditions": [
      ["OS!='win'", { "cflags": ["<@(common_flags)"], "cflags_cc": ["-fvisibility-inlines-hidden", "-std=c++20"] }],
      ["OS=='mac'", { "xcode_settings": {
        "OTHER_CFLAGS": ["<@(common_flags)"],
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
      } }],
      # Node's common.gypi asks for /fp:strict on Windows arm64; 0 is /fp:precise.
      ["OS=='win'", { "msvs_settings": { "VCCLCompilerTool": {
        "AdditionalOptions": ["/std:c++20"], "FloatingPointModel": 0, "WholeProgramOptimization": "false",
      } } }],
    ],
  },
  "targets": [
    {
      "target_name": "flambeau",
      "sources": ["<@(core_sources)", "<@(addon_sources)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "FLAMBEAU_VERSION=\"<(version)\"",
      ],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["kernels_baseline", "kernels_avx2", "kernels_avx512"] }],
        ["target_arch=='arm64'", { "dependencies": ["kernels_neon"] }],
        # nodelete: the pool's threads outlive the worker that loaded the module.
        ["OS=='linux'", { "ldflags": [
          "-Wl,-z,nodelete", "-Wl,-Bsymbolic", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections",
        ] }],
      ],
    },
  ],
  "conditions": [
    ["target_arch=='x64'", { "targets": [
      {
        "target_name": "kernels_baseline", "type": "static_library", "sources": ["<@(baseline_sources)"],
        "conditions": [["OS not in 'win mac'", { "cflags": ["-fPIC"] }]],
      },
      {
        "target_name": "kernels_avx2", "type": "static_library", "sources": ["<@(avx2_sources)"],
        "conditions": [
          ["OS=='win'", { "msvs_settings": { "VCCLCompilerTool": { "EnableEnhancedInstructionSet": "5" } } }],
          ["OS=='mac'", { "xcode_settings": { "OTHER_CFLAGS": ["<@(avx2_flags)"] } }],
          ["OS not in 'win mac'", { "cflags": ["-fPIC", "<@(avx2_flags)"] }],
        ],
      },
      {
        "target_name": "kernels_avx512", "type": "static_library", "sources": ["<@(avx512_sources)"],
        "conditions": [
          # gyp's EnableEnhancedInstructionSet ends at AVX2.
          ["OS=='win'", { "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX512"] } } }],
          ["OS=='mac'", { "xcode_settings": { "OTHER_CFLAGS": ["<@(avx512_flags)"] } }],
          ["OS not in 'win mac'", { "cflags": ["-fPIC", "<@(avx512_flags)"] }],
        ],
      },
    ] }],
    ["target_arch=='arm64'", { "targets": [
      {
        "target_name": "kernels_neon", "type": "static_library", "sources": ["<@(neon_sources)"],
        "conditions": [["OS not in 'win mac'", { "cflags": ["-fPIC"] }]],
      },
    ] }],
  ],
}
