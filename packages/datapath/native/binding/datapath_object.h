// The class that JavaScript sees: thin, every decision is below.
#pragma once

#include <memory>

#include "binding/js_values.h"

namespace srwan::binding {

class DatapathObject : public Napi::ObjectWrap<DatapathObject> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit DatapathObject(const Napi::CallbackInfo& info);
  ~DatapathObject() override;

 private:
  Napi::Value start(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value reconfigure(const Napi::CallbackInfo& info);
  Napi::Value setColumnPart(const Napi::CallbackInfo& info);
  Napi::Value sendDatagram(const Napi::CallbackInfo& info);
  Napi::Value comparePaths(const Napi::CallbackInfo& info);
  Napi::Value cancelComparison(const Napi::CallbackInfo& info);
  Napi::Value adjustClock(const Napi::CallbackInfo& info);
  Napi::Value clockNow(const Napi::CallbackInfo& info);
  Napi::Value sessions(const Napi::CallbackInfo& info);
  Napi::Value takeEndedSessions(const Napi::CallbackInfo& info);
  Napi::Value features(const Napi::CallbackInfo& info);
  Napi::Value publicKey(const Napi::CallbackInfo& info);
  Napi::Value listenEndpoint(const Napi::CallbackInfo& info);
  Napi::Value clockEpoch(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);

  // Stops the thread and gives up the way to JavaScript; nothing of the datapath runs afterwards.
  void end();
  static void onEnvironmentEnd(void* object);
  static void deliver(Napi::Env env, Napi::Function listener, std::weak_ptr<DatapathRuntime>* target);

  // The counters' ArrayBuffer shares it.
  std::shared_ptr<DatapathRuntime> runtime_;
  Napi::ThreadSafeFunction wake_;
  bool ended_ = false;
};

}  // namespace srwan::binding
