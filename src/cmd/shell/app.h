#pragma once

#include <string>
#include <vector>

#include "cmd/shell/command.h"
#include "cmd/shell/context.h"

namespace mlctl {

// The whole program but its process: parses, dispatches, prints an error once, returns the exit code.
// Arguments are without the program's name.
int run_app(const std::vector<std::string>& arguments, Context& context);

// Closes stdout at the very end; the exit code, other than `code` where only that told of a lost result.
int close_output(int code, Context& context);

// The one form of errors, on stderr. run_app prints what a command returns; a command that goes on after an
// error prints that one with this. Usage errors also show the usage of `command`.
void print_error(const Error& error, const Context& context, const CommandSpec* command = nullptr);

// What a command says of its arguments before it begins.
Result<> check_command(const Command& command, const std::vector<std::string>& arguments);

// Every flag and argument of a command with the global flags; only these for nullptr.
std::vector<FlagInfo> flag_table(const Command* command);

}  // namespace mlctl
