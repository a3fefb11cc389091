// Entry point of the addon.
#include "binding/datapath_object.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  auto names = Napi::Array::New(env, srwan::COUNTER_COUNT);
  for (std::uint32_t i = 0; i < srwan::COUNTER_COUNT; ++i)
    names.Set(i, Napi::String::New(env, std::string(srwan::COUNTER_NAMES[i])));
  exports.Set("layoutVersion", srwan::LAYOUT_VERSION);
  exports.Set("counterStride", sizeof(srwan::Counters) / sizeof(std::uint64_t));
  exports.Set("counterNames", names);
  exports.Set("NativeDatapath", srwan::binding::DatapathObject::define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(srwan_datapath, initialise)
