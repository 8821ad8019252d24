#include "cmd/shell/stream.h"

namespace mlctl {

bool for_people(const Context& context) {
  const std::string& output = context.flags.output;
  return output == "table" || output == "wide" || (output.empty() && context.io.out_is_tty);
}

Result<> print_item(Context& context, const Json& item, const std::string& human) {
  const std::string& output = context.flags.output;
  if (for_people(context)) {
    context.io.out(human + "\n");
  } else if (output == "yaml") {
    context.io.out("---\n" + to_yaml(item));
  } else if (output.starts_with("jsonpath=")) {
    context.io.out(TRY(jsonpath(item, output.substr(9))) + "\n");
  } else {
    context.io.out_bytes(json_text(item) + "\n");
  }
  return context.io.written();
}

}  // namespace mlctl
