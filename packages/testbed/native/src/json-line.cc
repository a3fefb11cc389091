#include "json-line.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace wan {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  bool end() {
    space();
    return at_ == text_.size();
  }

  std::optional<std::string> string() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out += c;
        continue;
      }
      // names and addresses are all that travels here: the short escapes are enough
      if (at_ >= text_.size()) return std::nullopt;
      const char e = text_[at_++];
      if (e != '"' && e != '\\' && e != '/') return std::nullopt;
      out += e;
    }
    return std::nullopt;
  }

  std::optional<double> number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
    at_ += static_cast<size_t>(stop - begin);
    return value;
  }

  bool startsString() {
    space();
    return at_ < text_.size() && text_[at_] == '"';
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<JsonLine> JsonLine::parse(std::string_view text) {
  if (text.size() > kMaxLine) return std::nullopt;
  Cursor cursor(text);
  JsonLine line;
  if (!cursor.take('{')) return std::nullopt;
  if (cursor.take('}')) return cursor.end() ? std::optional(line) : std::nullopt;
  do {
    const auto key = cursor.string();
    if (!key || !cursor.take(':')) return std::nullopt;
    if (cursor.startsString()) {
      const auto value = cursor.string();
      if (!value) return std::nullopt;
      line.fields_[*key] = *value;
    } else if (cursor.word("true")) {
      line.fields_[*key] = true;
    } else if (cursor.word("false")) {
      line.fields_[*key] = false;
    } else {
      const auto value = cursor.number();
      if (!value) return std::nullopt;
      line.fields_[*key] = *value;
    }
  } while (cursor.take(','));
  if (!cursor.take('}') || !cursor.end()) return std::nullopt;
  return line;
}

std::optional<std::string> JsonLine::text(const std::string& key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end() || !std::holds_alternative<std::string>(found->second)) return std::nullopt;
  return std::get<std::string>(found->second);
}

std::optional<double> JsonLine::number(const std::string& key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end() || !std::holds_alternative<double>(found->second)) return std::nullopt;
  return std::get<double>(found->second);
}

std::optional<bool> JsonLine::flag(const std::string& key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end() || !std::holds_alternative<bool>(found->second)) return std::nullopt;
  return std::get<bool>(found->second);
}

std::string jsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace wan
