#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/stream.h"
#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/endpoint/host.h"
#include "core/serve/inputs.h"
#include "core/serve/predictor.h"
#include "core/serve/remote.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

struct Options {
  std::string target, token_file;
  std::vector<std::string> inputs;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("TARGET", options.target, "a model's folder, an endpoint's name, or an endpoint's URL",
                   Value::service);
  flags.positionals("INPUT", options.inputs,
                    "pictures; files of CSV or JSONL rows; .txt files, each one text; "
                    "a text or a {…} row itself; - is stdin (rows, or a text a line)",
                    Value::file);
  flags.option("--token-file", "FILE", options.token_file, "the bearer token that the endpoint wants",
               Value::file);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") > 1) {
    return fail(Exit::usage, "- (stdin) is given twice");
  }
  return {};
}

// A row's or a text's place in a table: short, on one line.
std::string short_text(const Json& input) {
  std::string text = input.is_string() ? input.get<std::string>() : std::string();
  if (input.is_object()) {
    for (const auto& [name, value] : input.items()) {
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", name,
                          value.is_string() ? value.get<std::string>() : dump_json(value));
    }
  }
  constexpr size_t kWidth = 48;
  if (text.size() <= kWidth) return text;
  size_t cut = kWidth - 1;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // whole UTF-8 characters
  return text.substr(0, cut) + "…";
}

// Collects a table for people, passes lines through for programs.
class Printer {
 public:
  explicit Printer(Context& context) : context_(context) {
    if (!for_people(context)) context.io.unit = "answer";
  }

  Result<> put(const Json& answer) {
    if (!for_people(context_)) return print_item(context_, answer, "");
    const bool value = answer.contains("value");
    if (table_.header.empty()) {
      table_.header = value ? std::vector<std::string>{"INPUT", "VALUE"}
                            : std::vector<std::string>{"INPUT", "LABEL", "SCORE"};
    }
    std::vector<std::string> row = {short_text(answer["input"])};
    if (value) {
      row.push_back(answer["value"].is_string() ? answer["value"].get<std::string>()
                                                : dump_json(answer["value"]));
    } else {
      row.push_back(answer["label"].get<std::string>());
      row.push_back(fmt::format("{:.3f}", answer["score"].get<double>()));
    }
    table_.rows.push_back(std::move(row));
    return {};
  }
  void finish() {
    if (!table_.rows.empty()) context_.io.out(render(table_, false));
  }

 private:
  Context& context_;
  Table table_;
};

// Names an input as the user gave it, not by the path of its copy here.
void name_as_given(Json& answer, const std::string& copy, const std::string& given) {
  if (copy.empty() || !answer.contains("input") || !answer["input"].is_string()) return;
  const std::string input = answer["input"].get<std::string>();
  if (input.starts_with(copy)) answer["input"] = given + input.substr(copy.size());
}

Result<> predict_all(const Options& options, Context& context, InputKind kind,
                     const serve::AnswerChunk& answer) {
  Printer printer(context);
  const bool wants_stdin =
      std::find(options.inputs.begin(), options.inputs.end(), "-") != options.inputs.end();
  const std::string standard_input = wants_stdin ? TRY(context.io.read_all_input()) : "";
  Result<> outcome;
  for (const std::string& given : options.inputs) {
    LocalFiles staged;
    if (is_stored(given)) staged = TRY(workspace(context, options.store).files(given));
    const std::string input = is_stored(given) ? staged.path.string() : given;
    outcome =
        serve::for_each_chunk(input, kind, standard_input, [&](const serve::InputChunk& chunk) -> Result<> {
          if (context.stop) return fail(context.stop.code(), "interrupted");
          for (Json& each : TRY(answer(chunk))) {
            name_as_given(each, staged.path.string(), given);
            TRY(printer.put(each));
          }
          return {};
        });
    if (!outcome) break;
  }
  printer.finish();  // what was answered before a fault is worth showing
  return outcome;
}

Result<> predict_locally(const Options& options, Context& context, const std::filesystem::path& folder) {
  const Package package = TRY(open_package(folder));
  const Model& model = package.model;
  const Encoder encoder(model);
  Engine* const engine = TRY(context.engine());
  const auto predictor = TRY(serve::open_predictor(*engine, package));
  return predict_all(options, context, model.network.input.kind, [&](const serve::InputChunk& chunk) {
    return serve::answer_locally(model, encoder, *predictor, chunk);
  });
}

// `own_token_file`: the one a local endpoint was deployed with.
Result<> predict_remotely(const Options& options, Context& context, const std::string& url,
                          const std::string& own_token_file) {
  const std::string token =
      TRY(read_token_file(options.token_file.empty() ? own_token_file : options.token_file));
  const auto http = context.http();
  const serve::RemoteModel remote = TRY(serve::open_remote(*http, url, token));
  return predict_all(options, context, remote.kind, [&](const serve::InputChunk& chunk) {
    return serve::answer_remotely(*http, remote, chunk,
                                  [&context](double seconds) { context.clock.sleep(seconds); });
  });
}

Result<serve::Endpoint> find_endpoint(Context& context, const std::string& target) {
  Result<serve::Endpoint> endpoint = context.endpoints()->open(endpoint_name(target));
  if (!endpoint) {
    return fail(Exit::not_found, fmt::format("{} is neither a model's folder nor an endpoint", target),
                endpoint.error().hint);
  }
  if (endpoint->state != "down") return endpoint;
  return fail(
      Exit::network, fmt::format("endpoint {} is down", target),
      fmt::format("mlctl rollback {} --to-revision {} starts it again; mlctl logs {} shows what happened",
                  target, endpoint->spec.revision, target));
}

RunResult run(const Options& options, Context& context) {
  const std::string& target = options.target;
  if (target.starts_with("http://") || target.starts_with("https://")) {
    TRY(predict_remotely(options, context, target, ""));
    return Exit::ok;
  }
  const LocalFiles staged = TRY(workspace(context, options.store).files(target));
  const std::filesystem::path& folder = staged.path;
  if (sys::exists(folder / "model.json")) {
    TRY(predict_locally(options, context, folder));
    return Exit::ok;
  }
  Result<serve::Endpoint> found = find_endpoint(context, target);
  // An endpoint may have the same name as a folder of photos. Only when there is no such endpoint is the
  // folder taken for a model without model.json.
  if (!found && found.error().code == Exit::not_found && sys::is_folder(folder)) TRY(open_model(folder));
  const serve::Endpoint endpoint = TRY(std::move(found));
  TRY(predict_remotely(options, context, endpoint.status.url, endpoint.spec.token_file));
  return Exit::ok;
}

}  // namespace

const Command& predict_command() {
  static const Command command({"predict", "serving", "Ask a model, or an endpoint, about new inputs",
                                "MODEL|ENDPOINT|URL INPUT... [flags]",
                                "mlctl predict models/fashion shoe.png bag.jpg\n"
                                "mlctl predict fashion shoe.png\n"
                                "mlctl predict models/risk new-customers.csv > answers.jsonl\n"
                                "mlctl predict models/spam \"you have won a prize\"\n"
                                "mlctl predict s3://models/fashion s3://photos/shoe.png\n"
                                "head -5 rows.jsonl | mlctl predict http://127.0.0.1:8080 -"},
                               declare, check, run);
  return command;
}

}  // namespace mlctl
