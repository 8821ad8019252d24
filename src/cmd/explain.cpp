#include "core/manifest/explain.h"

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/manifest/schema.h"

namespace mlctl {

namespace {

struct Options {
  std::string path;
  bool recursive = false;
};

void declare(Flags& flags, Options& options) {
  flags.positional("KIND[.KEY…]", options.path, "a kind of manifest, or a key of it", Value::field, false);
  flags.flag("--recursive", options.recursive, "all keys below, with their types only");
}

RunResult list_kinds(Context& context) {
  Table table{{"KIND", "DESCRIPTION"}, {}};
  Json items = Json::array();
  for (const std::string& kind : manifest_kinds()) {
    const std::string about = find_schema(kind)->value("description", "");
    table.rows.push_back({kind, about});
    items.push_back({{"name", kind}, {"description", about}});
  }
  TRY(print(context, list_document(items), "kinds", [&](bool wide) { return render(table, wide); }));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  if (options.path.empty()) return list_kinds(context);
  const Explanation explanation = TRY(explain(options.path));
  const Json result =
      document("Explanation", {{"of", explanation.kind}, {"field", to_json(explanation.field)}});
  TRY(print(context, result, "field/" + options.path,
            [&](bool) { return explanation_text(explanation, options.recursive); }));
  return Exit::ok;
}

}  // namespace

const Command& explain_command() {
  static const Command command(
      {"explain", "manifests", "Explain a kind of manifest or one of its keys", "[KIND[.KEY…]] [flags]",
       "mlctl explain train\n"
       "mlctl explain train.spec.optimizer.lr\n"
       "mlctl explain train.spec --recursive"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
