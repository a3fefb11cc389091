// One line of the control protocol: a flat JSON object of strings, numbers and booleans (RFC 8259, without nesting).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace wan {

/// Longest line accepted on the control socket and on standard input.
constexpr size_t kMaxLine = 4096;

class JsonLine {
 public:
  /// nullopt where the text is not a flat object, or longer than kMaxLine.
  static std::optional<JsonLine> parse(std::string_view text);

  std::optional<std::string> text(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;
  std::optional<bool> flag(const std::string& key) const;

 private:
  using Value = std::variant<std::string, double, bool>;
  std::map<std::string, Value> fields_;
};

/// `text` as a JSON string, quotes included.
std::string jsonString(std::string_view text);

}  // namespace wan
