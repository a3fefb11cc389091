#include "support/json.h"

#include <charconv>
#include <stdexcept>

namespace srwan::test {
namespace {

constexpr std::size_t MAX_DEPTH = 32;

/** Recursive descent over one text. */
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Json document() {
    Json value = read(0);
    skipSpace();
    if (at_ != text_.size()) fail("something follows the value");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error("JSON, octet " + std::to_string(at_) + ": " + why);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skipSpace() {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) ++at_;
  }

  void expect(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) fail("expected " + std::string(word));
    at_ += word.size();
  }

  bool take(char c) {
    skipSpace();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  Json read(std::size_t depth) {
    if (depth > MAX_DEPTH) fail("nested too deeply");
    skipSpace();
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return Json(string());
      case 't':
        expect("true");
        return Json(true);
      case 'f':
        expect("false");
        return Json(false);
      case 'n':
        expect("null");
        return Json();
      default:
        return Json(integer());
    }
  }

  Json object(std::size_t depth) {
    expect("{");
    Json::Object members;
    if (take('}')) return Json(std::move(members));
    do {
      skipSpace();
      std::string key = string();
      for (const auto& [other, value] : members) {
        if (other == key) fail("member " + key + " twice");
      }
      if (!take(':')) fail("expected a colon");
      members.emplace_back(std::move(key), read(depth + 1));
    } while (take(','));
    if (!take('}')) fail("expected }");
    return Json(std::move(members));
  }

  Json array(std::size_t depth) {
    expect("[");
    Json::Array values;
    if (take(']')) return Json(std::move(values));
    do {
      values.push_back(read(depth + 1));
    } while (take(','));
    if (!take(']')) fail("expected ]");
    return Json(std::move(values));
  }

  std::string string() {
    expect("\"");
    std::string out;
    while (peek() != '"') {
      if (at_ >= text_.size() || static_cast<unsigned char>(peek()) < 0x20) fail("unfinished string");
      if (peek() == '\\') {
        ++at_;
        if (peek() != '"' && peek() != '\\' && peek() != '/') fail("unknown escape");
      }
      out += text_[at_++];
    }
    ++at_;
    return out;
  }

  std::int64_t integer() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) fail("expected a value");
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void writeString(std::string& out, const std::string& value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

template <class T>
const T& get(const std::variant<std::nullptr_t, bool, std::int64_t, std::string, Json::Array, Json::Object>& value,
             const char* what) {
  const T* const found = std::get_if<T>(&value);
  if (found == nullptr) throw std::runtime_error(std::string("JSON value is not ") + what);
  return *found;
}

}  // namespace

Json Json::parse(std::string_view text) { return Reader(text).document(); }

std::string Json::dump() const {
  std::string out;
  write(out, 0);
  return out + '\n';
}

bool Json::asBool() const { return get<bool>(value_, "a boolean"); }
std::int64_t Json::asInteger() const { return get<std::int64_t>(value_, "an integer"); }
const std::string& Json::asString() const { return get<std::string>(value_, "a string"); }
const Json::Array& Json::asArray() const { return get<Array>(value_, "an array"); }

const Json& Json::operator[](std::string_view key) const {
  for (const auto& [name, value] : get<Object>(value_, "an object")) {
    if (name == key) return value;
  }
  throw std::runtime_error("JSON member " + std::string(key) + " is missing");
}

void Json::write(std::string& out, std::size_t depth) const {
  const std::string indent(2 * (depth + 1), ' ');
  const std::string outdent(2 * depth, ' ');
  if (isNull()) {
    out += "null";
  } else if (const bool* const flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const std::int64_t* const integer = std::get_if<std::int64_t>(&value_)) {
    out += std::to_string(*integer);
  } else if (const std::string* const text = std::get_if<std::string>(&value_)) {
    writeString(out, *text);
  } else if (const Array* const array = std::get_if<Array>(&value_)) {
    out += array->empty() ? "[" : "[\n";
    for (std::size_t i = 0; i < array->size(); ++i) {
      out += indent;
      (*array)[i].write(out, depth + 1);
      out += i + 1 < array->size() ? ",\n" : "\n" + outdent;
    }
    out += ']';
  } else {
    const Object& object = std::get<Object>(value_);
    out += object.empty() ? "{" : "{\n";
    for (std::size_t i = 0; i < object.size(); ++i) {
      out += indent;
      writeString(out, object[i].first);
      out += ": ";
      object[i].second.write(out, depth + 1);
      out += i + 1 < object.size() ? ",\n" : "\n" + outdent;
    }
    out += '}';
  }
}

}  // namespace srwan::test
