#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/chain.h"
#include "cloud/http/client.h"
#include "cloud/store/service.h"
#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/store_flags.h"
#include "core/base/strings.h"
#include "core/engine/engine.h"
#include "core/manifest/config.h"
#include "core/sys/cpu.h"
#include "core/sys/fs.h"
#include "core/sys/machine.h"

namespace mlctl {

namespace {

struct Options {};

enum class Health { ok, warning, failure };
constexpr const char* kWords[] = {"ok", "warning", "missing"};

struct Finding {
  std::string what;
  Health health = Health::ok;
  std::string detail, fix;
};
using Findings = std::vector<Finding>;

constexpr uint64_t kLittleSpace = uint64_t{1} << 30;

void look_at_engine(Context& context, Findings& findings) {
  const Result<Engine*> engine = context.engine();
  if (!engine) {
    findings.push_back({"libtorch", Health::failure, engine.error().message, engine.error().hint});
    return;
  }
  const EngineInfo info = (*engine)->info();
  findings.push_back({"libtorch", Health::ok, info.libtorch, ""});
  const bool openblas = info.blas.starts_with("OpenBLAS");
  findings.push_back({"BLAS", openblas ? Health::ok : Health::warning,
                      openblas ? info.blas : "not OpenBLAS: matrices multiply up to 50 times slower",
                      openblas ? "" : "apt-get install libopenblas0-pthread"});
  findings.push_back({"GPU", Health::ok,
                      info.cuda_devices > 0 ? plural(static_cast<uint64_t>(info.cuda_devices), "CUDA device")
                      : info.cuda           ? "libtorch has CUDA, but there is no device"
                                            : "none; this libtorch is for the CPU",
                      ""});
}

void look_at_machine(const Context& context, Findings& findings) {
  const std::string core = context.env.get("OPENBLAS_CORETYPE").value_or(sys::openblas_core());
  findings.push_back({"CPU", Health::ok,
                      plural(static_cast<uint64_t>(sys::available_cpus()), "thread") +
                          (core.empty() ? "" : fmt::format(", OPENBLAS_CORETYPE={}", core)),
                      ""});
  findings.push_back({"memory", Health::ok, human_bytes(sys::memory_limit()), ""});
}

void look_at_folder(const char* what, const std::filesystem::path& folder, Findings& findings) {
  if (!sys::can_write(folder)) {
    findings.push_back({what, Health::failure, fmt::format("{} cannot be written", folder.string()),
                        fmt::format("chown -R $(id -un) {}", folder.string())});
    return;
  }
  const uint64_t free = sys::free_space(folder).value_or(0);
  const bool little = free < kLittleSpace;
  findings.push_back({what, little ? Health::warning : Health::ok,
                      fmt::format("{}, {} free", folder.string(), human_bytes(free)),
                      little ? "mlctl gc shows what can go" : ""});
}

void look_at_config(const Context& context, Findings& findings) {
  const auto spec = read_config(context.config_file(), context.env);
  const std::string path = context.config_file().string();
  if (!spec) {
    findings.push_back(
        {"configuration", Health::failure, spec.error().message, fmt::format("mlctl validate -f {}", path)});
    return;
  }
  const std::string profile = profile_name(*spec, context.flags.profile, context.env);
  if (const auto values = profile_values(*spec, profile); !values) {
    findings.push_back(
        {"configuration", Health::failure, values.error().message, "mlctl config use default"});
    return;
  }
  findings.push_back(
      {"configuration", Health::ok, sys::exists(path) ? path + ", profile " + profile : "none", ""});
}

// A scheme that nobody has set up is not reported.
void look_at_keys(Context& context, Findings& findings) {
  const std::unique_ptr<Http> http = http::make_client(
      {{.tls = {.ca_file = context.env.get("AWS_CA_BUNDLE").value_or("")}, .stop = &context.stop}, false},
      context.env);
  for (const char* scheme : {"s3", "oss", "gs"}) {
    const Service& service = *find_service(scheme);
    const Result<StoreDefaults> defaults = stores(context).defaults(service);
    if (!defaults) continue;  // said by look_at_config
    const Result<std::string> source = keys_in_words(service, defaults->cloud_profile, context.env,
                                                     context.clock, *http, sys::machine_maker());
    const std::string what = fmt::format("keys of {}://", scheme);
    if (!source) {
      findings.push_back({what, Health::warning, sentence(source.error()), source.error().hint});
    } else if (!source->empty()) {
      findings.push_back({what, Health::ok, *source, ""});
    }
  }
}

// Where each shell finds a completion without being told.
void look_at_completion(const Context& context, Findings& findings) {
  struct Place {
    const char* shell;
    const char* command;
    std::vector<std::string> files;
  };
  const std::string home = context.env.get("HOME").value_or("/root");
  const Place places[] = {
      {"bash",
       "mkdir -p ~/.local/share/bash-completion/completions && mlctl completion bash > "
       "~/.local/share/bash-completion/completions/mlctl",
       {home + "/.local/share/bash-completion/completions/mlctl",
        "/usr/share/bash-completion/completions/mlctl",
        "/usr/local/share/bash-completion/completions/mlctl"}},
      {"zsh",
       "mlctl completion zsh > /usr/local/share/zsh/site-functions/_mlctl",
       {"/usr/share/zsh/vendor-completions/_mlctl", "/usr/local/share/zsh/site-functions/_mlctl"}},
      {"fish",
       "mlctl completion fish > ~/.config/fish/completions/mlctl.fish",
       {home + "/.config/fish/completions/mlctl.fish", "/usr/share/fish/vendor_completions.d/mlctl.fish",
        "/usr/local/share/fish/vendor_completions.d/mlctl.fish"}}};
  const std::filesystem::path shell = context.env.get("SHELL").value_or("");
  for (const Place& place : places) {
    if (shell.filename() != place.shell) continue;
    const bool there = std::any_of(place.files.begin(), place.files.end(),
                                   [](const std::string& file) { return sys::exists(file); });
    findings.push_back({"completion", there ? Health::ok : Health::warning,
                        fmt::format("{} in {}", there ? "installed" : "not installed", place.shell),
                        there ? "" : place.command});
  }
}

Findings look(Context& context) {
  Findings findings;
  look_at_engine(context, findings);
  look_at_machine(context, findings);
  std::error_code code;
  look_at_folder("working folder", std::filesystem::current_path(code), findings);
  look_at_folder("state", context.state_folder(), findings);
  look_at_folder("cache", context.cache_folder(), findings);
  look_at_config(context, findings);
  look_at_keys(context, findings);
  look_at_completion(context, findings);
  return findings;
}

RunResult run(const Options&, Context& context) {
  const Findings findings = look(context);
  Table table{{"CHECK", "STATE", "DETAIL", "FIX"}, {}};
  Json items = Json::array();
  bool healthy = true;
  for (const Finding& finding : findings) {
    const char* state = kWords[static_cast<size_t>(finding.health)];
    healthy &= finding.health != Health::failure;
    table.rows.push_back({finding.what, state, finding.detail, finding.fix});
    items.push_back(
        {{"check", finding.what}, {"state", state}, {"detail", finding.detail}, {"fix", finding.fix}});
  }
  const Json result = document("Diagnosis", {{"healthy", healthy}, {"checks", std::move(items)}});
  TRY(print(context, result, healthy ? "healthy" : "unhealthy",
            [&](bool wide) { return render(table, wide); }));
  return healthy ? Exit::ok : Exit::resource;
}

}  // namespace

const Command& doctor_command() {
  static const Command command(
      {"doctor", "setup", "Say what is missing on this machine, and the command that fixes it", "[flags]",
       "mlctl doctor\nmlctl doctor -o json",
       "Exits with 12 when something that is needed is missing. "
       "libtorch is needed only by train, eval, predict, serve, local deploy and TorchScript export."},
      +[](Flags&, Options&) {}, nullptr, run);
  return command;
}

}  // namespace mlctl
