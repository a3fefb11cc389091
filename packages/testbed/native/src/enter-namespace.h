// Runs a program inside a node's namespace.
#pragma once

namespace wan {

/// `enter PID [--die-with-parent] -- COMMAND…`: joins the user and network namespace of process PID and becomes
/// COMMAND.
/// @returns only on failure: 126 where the namespace cannot be entered, 127 where the command cannot be run
int enterNamespace(int argc, char** argv);

}  // namespace wan
