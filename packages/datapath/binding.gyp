{
  "targets": [
    {
      "target_name": "srwan_datapath",
      "sources": [
        "<!@(node -p \"['wire','engine','engine/offload','engine/shell','binding'].flatMap(f=>require('fs').readdirSync('native/'+f).filter(n=>n.endsWith('.cc')).map(n=>'native/'+f+'/'+n)).join(' ')\")"
      ],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags!": ["-fno-exceptions", "-O3", "-O2"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++20", "-O2", "-fexceptions", "-frtti", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"],
      "conditions": [["OS!='linux'", { "type": "none" }]]
    }
  ]
}
