#include "cmd/shell/workspace.h"

#include "cmd/shell/progress_bars.h"
#include "core/store/mirror.h"

namespace mlctl {

namespace {

// The bars last as long as the work that reports to them.
struct Reported {
  explicit Reported(Context& context) : bars(context), host(bars.host()) {}
  ProgressBars bars;
  IngestHost host;
};

}  // namespace

Workspace workspace(Context& context, const StoreOptions& options) {
  return Workspace({[&context, options](const std::string& url) { return open_place(context, url, options); },
                    context.state_folder(), context.cache_folder(), cache_bound(context.env), context.clock,
                    context.stop,
                    [&context] {
                      const auto reported = std::make_shared<Reported>(context);
                      return std::shared_ptr<const IngestHost>(reported, &reported->host);
                    },
                    [&context](const std::filesystem::path& path, const std::string& url) {
                      context.copies.push_back({path.string(), url});
                    }});
}

}  // namespace mlctl
