#include "cmd/shell/confirm.h"

#include "core/base/strings.h"
#include "core/base/visible.h"

namespace mlctl {

Result<> confirm(Context& context, const std::string& question, bool yes) {
  if (yes) return {};
  if (!context.io.in_is_tty || !context.io.err_is_tty)
    return fail(Exit::usage, "nothing done: there is no terminal to ask on", "--yes answers yes");
  context.io.err(visible(question) + " [y/N] ");
  std::string answer;
  context.io.read_line(answer);
  answer = to_lower(trim(answer));
  if (answer == "y" || answer == "yes") return {};
  return fail(Exit::failed, "nothing done");
}

}  // namespace mlctl
