// What the control lines mean: the network at start-up, changes of links, statistics, the end.
#pragma once
#include <string>
#include <string_view>

#include "forwarder.h"
#include "json-line.h"

namespace wan {

/// Applies the fields that a line carries to a link's parameters.
/// @throws Failure ERR_INVALID_INPUT for a value out of range
LinkParameters withChanges(LinkParameters parameters, const JsonLine& line);

/// {"op":"link","from","to",…}: sets one directed pair.
void setLink(Forwarder& forwarder, const JsonLine& line);

/// Answers one line of the control socket; sets `stop` on shutdown.
std::string answer(Forwarder& forwarder, std::string_view line, bool& stop);

/// {"ok":false,…} for the other end.
std::string errorLine(const std::string& code, const std::string& message);

}  // namespace wan
