#include "binding/datapath_object.h"

namespace srwan::binding {
namespace {

// About what one datapath holds outside V8's heap.
constexpr std::int64_t NATIVE_SIZE = 512 * 1024;

// Runs a method's body and turns every C++ error into a JavaScript one.
template <class Body>
auto guarded(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw toJavaScript(env, error);
  }
}

}  // namespace

Napi::Function DatapathObject::define(Napi::Env env) {
  return DefineClass(env, "NativeDatapath",
                     {
                         InstanceMethod<&DatapathObject::start>("start"),
                         InstanceMethod<&DatapathObject::stop>("stop"),
                         InstanceMethod<&DatapathObject::reconfigure>("reconfigure"),
                         InstanceMethod<&DatapathObject::setColumnPart>("setColumnPart"),
                         InstanceMethod<&DatapathObject::sendDatagram>("sendDatagram"),
                         InstanceMethod<&DatapathObject::comparePaths>("comparePaths"),
                         InstanceMethod<&DatapathObject::cancelComparison>("cancelComparison"),
                         InstanceMethod<&DatapathObject::adjustClock>("adjustClock"),
                         InstanceMethod<&DatapathObject::clockNow>("clockNow"),
                         InstanceMethod<&DatapathObject::clockEpoch>("clockEpoch"),
                         InstanceMethod<&DatapathObject::sessions>("sessions"),
                         InstanceMethod<&DatapathObject::takeEndedSessions>("takeEndedSessions"),
                         InstanceMethod<&DatapathObject::features>("features"),
                         InstanceMethod<&DatapathObject::publicKey>("publicKey"),
                         InstanceMethod<&DatapathObject::listenEndpoint>("listenEndpoint"),
                         InstanceMethod<&DatapathObject::counters>("counters"),
                     });
}

// new NativeDatapath(init: DatapathInit, listener: (events: [name, payload][]) => void)
DatapathObject::DatapathObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DatapathObject>(info) {
  const Napi::Env env = info.Env();
  guarded(env, [&] {
    if (!info[1].IsFunction()) throw Napi::TypeError::New(env, "the second argument must be a function");
    RuntimeInit init = readInit({info[0], ""});
    wake_ = Napi::ThreadSafeFunction::New(env, info[1].As<Napi::Function>(), "srwan-datapath", 0, 1);
    // Neither the thread nor its events keep a process alive that has nothing else to do.
    wake_.Unref(env);
    const auto target = std::make_shared<std::weak_ptr<DatapathRuntime>>();
    const auto wake = [tsfn = wake_, target] {
      auto* data = new std::weak_ptr<DatapathRuntime>(*target);
      if (tsfn.NonBlockingCall(data, deliver) != napi_ok) delete data;
    };
    runtime_ = std::make_shared<DatapathRuntime>(std::move(init), wake);
    *target = runtime_;
  });
  // V8 sees a small object; this tells it what hangs on it, so that it collects in time.
  Napi::MemoryManagement::AdjustExternalMemory(env, NATIVE_SIZE);
  // After the function's own hook was added, so that it runs before it.
  napi_add_env_cleanup_hook(env, onEnvironmentEnd, this);
}

DatapathObject::~DatapathObject() {
  if (runtime_) Napi::MemoryManagement::AdjustExternalMemory(Env(), -NATIVE_SIZE);
  if (ended_) return;
  napi_remove_env_cleanup_hook(Env(), onEnvironmentEnd, this);
  end();
}

void DatapathObject::onEnvironmentEnd(void* object) { static_cast<DatapathObject*>(object)->end(); }

void DatapathObject::end() {
  if (ended_) return;
  ended_ = true;
  if (runtime_) runtime_->stop();
  if (wake_) wake_.Abort();
}

void DatapathObject::deliver(Napi::Env env, Napi::Function listener, std::weak_ptr<DatapathRuntime>* target) {
  const std::unique_ptr<std::weak_ptr<DatapathRuntime>> owned(target);
  const auto runtime = owned->lock();
  if (!runtime || env == nullptr || listener.IsEmpty()) return;
  try {
    const auto events = runtime->events().take();
    auto batch = Napi::Array::New(env, events.size());
    for (std::uint32_t i = 0; i < events.size(); ++i) batch.Set(i, eventTuple(env, events[i]));
    for (const Event& event : events) {
      if (std::holds_alternative<PathProbesDoneEvent>(event)) runtime->comparisonDone();
    }
    listener.Call({batch});
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
}

Napi::Value DatapathObject::start(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (runtime_->running()) return info.Env().Undefined();
    runtime_->start();
    // Whoever forgets a running datapath goes on having it; stop() and the end of the environment end it.
    Ref();
    return info.Env().Undefined();
  });
}

Napi::Value DatapathObject::stop(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (!runtime_->running()) return info.Env().Undefined();
    runtime_->stop();
    Unref();
    return info.Env().Undefined();
  });
}

Napi::Value DatapathObject::reconfigure(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), runtime_->reconfigure(readConfig({info[0], ""})) ? "applied" : "unchanged");
  });
}

// setColumnPart(part: Uint8Array, columnSeen: [sid, number][])
Napi::Value DatapathObject::setColumnPart(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Field part{info[0], "part"};
    const ByteView octets = part.octets();
    if (octets.size() > MAX_COLUMN_PART_OCTETS)
      part.refuse("has more than " + std::to_string(MAX_COLUMN_PART_OCTETS) + " octets");
    std::vector<std::pair<Sid, std::uint16_t>> seen;
    for (const Field& entry : Field{info[1], "columnSeen"}.elements(MAX_PEERS)) {
      const auto pair = entry.elements(2);
      if (pair.size() != 2) entry.refuse("must be a SID and a number");
      seen.emplace_back(pair[0].sid(), static_cast<std::uint16_t>(pair[1].integer(0, UINT16_MAX)));
    }
    runtime_->setColumnPart({octets.begin(), octets.end()}, std::move(seen));
    return info.Env().Undefined();
  });
}

Napi::Value DatapathObject::sendDatagram(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Field payload{info[1], "payload"};
    const ByteView octets = payload.octets();
    if (octets.size() > MAX_DATAGRAM_OCTETS)
      payload.refuse("has more than " + std::to_string(MAX_DATAGRAM_OCTETS) + " octets");
    return Napi::Boolean::New(info.Env(), runtime_->sendDatagram(Field{info[0], "to"}.sid(), octets));
  });
}

// comparePaths(id: number, request: PathProbeRequest): 'started' | 'limit' | 'unknownEndpoint'
Napi::Value DatapathObject::comparePaths(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto id = static_cast<std::uint32_t>(Field{info[0], "id"}.integer(0, UINT32_MAX));
    static constexpr const char* OUTCOMES[] = {"started", "limit", "unknownEndpoint"};
    return Napi::String::New(
        info.Env(), OUTCOMES[static_cast<std::size_t>(runtime_->comparePaths(readComparison({info[1], ""}, id)))]);
  });
}

Napi::Value DatapathObject::cancelComparison(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    runtime_->cancelComparison(static_cast<std::uint32_t>(Field{info[0], "id"}.integer(0, UINT32_MAX)));
    return info.Env().Undefined();
  });
}

// adjustClock(step: bigint, driftPpb?: number)
Napi::Value DatapathObject::adjustClock(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Field drift{info[1], "drift"};
    runtime_->adjustClock(Field{info[0], "step"}.bigint(), !drift.missing(),
                          drift.missing() ? 0 : drift.integer(-1'000'000'000, 1'000'000'000));
    return info.Env().Undefined();
  });
}

Napi::Value DatapathObject::clockNow(const Napi::CallbackInfo& info) {
  return nanoseconds(info.Env(), runtime_->clock().now());
}

Napi::Value DatapathObject::clockEpoch(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), runtime_->clock().epoch());
}

namespace {

Napi::Array snapshots(Napi::Env env, const std::vector<SessionSnapshot>& list) {
  auto array = Napi::Array::New(env, list.size());
  for (std::uint32_t i = 0; i < list.size(); ++i) array.Set(i, snapshotObject(env, list[i]));
  return array;
}

}  // namespace

Napi::Value DatapathObject::sessions(const Napi::CallbackInfo& info) {
  return snapshots(info.Env(), runtime_->sessions());
}

Napi::Value DatapathObject::takeEndedSessions(const Napi::CallbackInfo& info) {
  return snapshots(info.Env(), runtime_->takeEndedSessions());
}

Napi::Value DatapathObject::features(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value { return featuresObject(info.Env(), runtime_->features()); });
}

Napi::Value DatapathObject::publicKey(const Napi::CallbackInfo& info) {
  const PublicKey& key = runtime_->publicKey();
  auto array = Napi::Uint8Array::New(info.Env(), key.size());
  std::copy(key.begin(), key.end(), array.Data());
  return array;
}

Napi::Value DatapathObject::listenEndpoint(const Napi::CallbackInfo& info) {
  return endpointObject(info.Env(), runtime_->listenEndpoint());
}

// The memory that the datapath counts in: one 64-bit number for each counter, in the order of `counterNames`.
Napi::Value DatapathObject::counters(const Napi::CallbackInfo& info) {
  auto* owner = new std::shared_ptr<DatapathRuntime>(runtime_);
  return Napi::ArrayBuffer::New(
      info.Env(), runtime_->counters().front().data(), sizeof(CounterBank),
      [](Napi::Env, void*, std::shared_ptr<DatapathRuntime>* held) { delete held; }, owner);
}

}  // namespace srwan::binding
