#include "cmd/shell/app.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cmd/shell/command.h"
#include "cmd/shell/help.h"
#include "core/base/strings.h"
#include "core/base/unforeseen.h"
#include "core/base/visible.h"
#include "core/manifest/config.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

// One line; what a store or an endpoint said may be megabytes.
std::string line_of(const std::string& text) {
  constexpr size_t kMost = 4000;
  const std::string line = visible(text);
  return line.size() <= kMost ? line : std::string(at_most(line, kMost)) + "…";
}

}  // namespace

void print_error(const Error& raw, const Context& context, const CommandSpec* command) {
  const Error error = context.in_given_words(raw);
  Io& io = context.io;
  if (context.flags.output == "json") {
    nlohmann::ordered_json document = {{"apiVersion", "mlctl.dev/v1"},
                                       {"kind", "Error"},
                                       {"code", static_cast<int>(error.code)},
                                       {"reason", reason(error.code)},
                                       {"message", error.message}};
    if (!error.where.empty()) document["where"] = error.where;
    if (!error.hint.empty()) document["hint"] = error.hint;
    io.err_json(dump_json(document));
    return;
  }
  io.err(fmt::format("{} {}\n", io.styled("error:", "1;31"), line_of(sentence(error))));
  if (!error.detail.empty()) io.err(error.detail + "\n");
  if (!error.hint.empty()) io.err(fmt::format("{} {}\n", io.styled("hint:", "36"), line_of(error.hint)));
  if (error.code == Exit::usage && command != nullptr) {
    io.err(fmt::format("usage: mlctl {} {}\n       mlctl {} --help shows the flags\n", command->name,
                       command->usage, command->name));
  }
}

namespace {

const std::vector<std::string> kOutputs = {"json", "yaml", "table", "wide", "name", "jsonpath="};

void declare_globals(Flags& flags, GlobalFlags& globals) {
  flags.choice("-o,--output", globals.output, kOutputs, "format of the result").setting("output");
  flags.option("--profile", "NAME", globals.profile, "defaults to use, from the configuration file");
  flags.flag("-q,--quiet", globals.quiet, "no messages but errors and warnings");
  flags.flag("-v,--verbose", globals.verbose, "more messages, and a line for every request to a store");
  flags.choice("--progress", globals.progress, {"auto", "none", "json"}, "how long work shows progress")
      .setting("progress");
  flags.flag("--no-color", globals.no_color, "no colours");
  flags.flag("-h,--help", globals.help, "this help");
  flags.mark_global();
}

// Whether -h or --help stands among the flags (after "--" everything is a value).
bool asks_for_help(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find_if(arguments.begin(), end, [](const std::string& argument) {
           return argument == "--help" || argument == "-h";
         }) != end;
}

bool takes_value(const std::string& argument) {
  return argument == "-o" || argument == "--output" || argument == "--profile" || argument == "--progress";
}

// Global flags may stand before the verb, as with kubectl: the verb's place in the arguments, or their size.
size_t verb_position(const std::vector<std::string>& arguments) {
  size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with('-')) at += takes_value(arguments[at]) ? 2 : 1;
  return std::min(at, arguments.size());
}

void apply_globals(Context& context) {
  if (context.flags.no_color) context.io.colour = false;
  if (context.flags.quiet) context.io.verbosity = Verbosity::quiet;
  if (context.flags.verbose) context.io.verbosity = Verbosity::verbose;
  if (context.flags.progress == "json") context.io.progress = ProgressMode::json;
  if (context.flags.progress == "none" || context.flags.quiet) context.io.progress = ProgressMode::none;
}

// The values of the profile in use. A broken configuration is ignored by the commands of set-up, so that it
// can be mended. A profile that was asked for and does not exist is always an error, except for `config`,
// which makes profiles.
Result<Json> profile_of(const Context& context, const CommandSpec& command) {
  Result<Json> spec = read_config(context.config_file(), context.env);
  const bool mends = command.group == "setup";
  if (!spec && mends) return Result<Json>(Json::object());
  if (!spec) return spec;
  const std::string used = profile_name(*spec, context.flags.profile, context.env);
  const bool asked = used != profile_name(*spec, "", {});
  Result<Json> values = profile_values(*spec, used);
  if (!values && ((mends && !asked) || command.name == "config")) return Result<Json>(Json::object());
  return values;
}

// Flags that were not given take what the environment or the profile says.
Result<> apply_settings(Flags& flags, Context& context, const CommandSpec& command) {
  const Json values = TRY(profile_of(context, command));
  context.setting = [values, &env = context.env](const std::string& key) {
    return default_value(values, key, env);
  };
  return flags.fill(context.setting);
}

// Words that people know from other tools, and the command that comes nearest to them here.
std::string nearest_command(const std::string& word) {
  constexpr std::pair<std::string_view, const char*> kNearest[] = {
      {"tune", "train"},    {"fit", "train"},    {"compress", "export"}, {"convert", "export"},
      {"evaluate", "eval"}, {"test", "eval"},    {"infer", "predict"},   {"create", "apply"},
      {"import", "ingest"}, {"load", "ingest"},  {"push", "upload"},     {"pull", "download"},
      {"list", "get"},      {"status", "get"},   {"show", "describe"},   {"start", "serve"},
      {"pipeline", "run"},  {"lint", "validate"}};
  const auto found = std::find_if(std::begin(kNearest), std::end(kNearest),
                                  [&](const auto& each) { return each.first == word; });
  return found == std::end(kNearest) ? "" : found->second;
}

Error unknown_command(const std::string& name) {
  if (const std::string nearest = nearest_command(name); !nearest.empty()) {
    return {
        Exit::usage,
        fmt::format("unknown command \"{}\"", name),
        {},
        fmt::format("the nearest there is: mlctl {} ({})", nearest, find_command(nearest)->spec().summary),
        {}};
  }
  std::vector<std::string> names;
  for (const Command* command : all_commands()) {
    if (!command->spec().hidden) names.push_back(command->spec().name);
  }
  const std::string near = did_you_mean(name, names);
  return {Exit::usage,
          fmt::format("unknown command \"{}\"", name),
          {},
          near.empty() ? "mlctl help lists the commands" : fmt::format("did you mean mlctl {}?", near),
          {}};
}

RunResult run_command(const Command& command, const std::vector<std::string>& arguments, Context& context) {
  const Command::Bound bound = command.bind();
  Flags flags;
  declare_globals(flags, context.flags);
  bound.declare(flags);
  if (asks_for_help(arguments)) {
    context.io.out(command_help(command, flags.info()));
    return Exit::ok;
  }
  Result<> parsed = flags.parse(arguments);
  if (parsed) parsed = apply_settings(flags, context, command.spec());
  apply_globals(context);
  if (parsed) parsed = bound.check();
  return parsed ? bound.run(context) : RunResult(fail(parsed.error()));
}

// A command that did its work but could not write its result has failed. If the result's reader had enough
// (`| head`), the exit code is 0.
Exit finish(const RunResult& outcome, const CommandSpec* command, Context& context) {
  if (!outcome && outcome.error().code != Exit::ok) print_error(outcome.error(), context, command);
  context.io.flush();
  const Result<> written = context.io.written();
  const bool lost = !written && written.error().code != Exit::ok;
  const bool told = !outcome && lost && outcome.error().message == written.error().message;
  if (lost && !told) print_error(written.error(), context);
  if (!outcome) return outcome.error().code;
  return lost ? written.error().code : *outcome;
}

int dispatch(const Command& command, const std::vector<std::string>& arguments, Context& context) {
  const auto work = [&] { return run_command(command, arguments, context); };
  return static_cast<int>(finish(guarded(work, command.spec().name), &command.spec(), context));
}

}  // namespace

std::vector<FlagInfo> flag_table(const Command* command) {
  GlobalFlags globals;
  Flags flags;
  declare_globals(flags, globals);
  if (command == nullptr) return flags.info();
  const Command::Bound bound = command->bind();
  bound.declare(flags);
  return flags.info();
}

Result<> check_command(const Command& command, const std::vector<std::string>& arguments) {
  GlobalFlags globals;
  Flags flags;
  declare_globals(flags, globals);
  const Command::Bound bound = command.bind();
  bound.declare(flags);
  TRY(flags.parse(arguments));
  return bound.check();
}

int run_app(const std::vector<std::string>& arguments, Context& context) {
  context.arguments = arguments;
  if (const auto names = context.env.get(kExpandedVariable); names && context.expansions.empty())
    context.expansions = variables_in(*names, context.env);
  const size_t at = verb_position(arguments);
  if (at == arguments.size()) {
    const bool version = std::find(arguments.begin(), arguments.end(), "--version") != arguments.end();
    if (version) return dispatch(*find_command("version"), {}, context);
    context.io.out(overview());
    return static_cast<int>(finish(Exit::ok, nullptr, context));
  }
  const Command* command = find_command(arguments[at]);
  if (command == nullptr) {
    return static_cast<int>(finish(fail(unknown_command(arguments[at])), nullptr, context));
  }
  std::vector<std::string> rest(arguments.begin() + static_cast<ptrdiff_t>(at) + 1, arguments.end());
  rest.insert(rest.begin(), arguments.begin(), arguments.begin() + static_cast<ptrdiff_t>(at));
  return dispatch(*command, rest, context);
}

int close_output(int code, Context& context) {
  if (context.io.broken()) return code;  // run_app has said so
  const Result<> closed = context.io.close();
  if (closed) return code;
  print_error(closed.error(), context);
  return code == 0 ? static_cast<int>(closed.error().code) : code;
}

}  // namespace mlctl
