#pragma once

#include <string>
#include <vector>

#include "cmd/shell/command.h"
#include "cmd/shell/context.h"

namespace mlctl {

// The whole program without its process: parses, dispatches, prints an error once, returns the exit code.
// `arguments` are without the program's name.
int run_app(const std::vector<std::string>& arguments, Context& context);

// Closes stdout at the very end. Returns `code`, or another exit code when only closing showed that part of
// the result was lost.
int close_output(int code, Context& context);

// Prints an error on stderr, in the one form they have. run_app prints the error that a command returns; a
// command that goes on after an error prints it with this. Usage errors also show the usage of `command`.
void print_error(const Error& error, const Context& context, const CommandSpec* command = nullptr);

// A command's own check of its arguments, without running it.
Result<> check_command(const Command& command, const std::vector<std::string>& arguments);

// Every flag and argument of a command, then the global flags; for nullptr only these.
std::vector<FlagInfo> flag_table(const Command* command);

}  // namespace mlctl
