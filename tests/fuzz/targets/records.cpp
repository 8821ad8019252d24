// The other documents that mlctl keeps: evaluations, runs, endpoints, pipelines, what stores' answers taught.

#include "cloud/store/facts.h"
#include "core/endpoint/endpoints.h"
#include "core/eval/evaluations.h"
#include "core/pipeline/state.h"
#include "core/run/record.h"
#include "core/text/json.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

template <class From>
void check(std::string_view text, From&& from) {
  const auto read = [&](std::string_view bytes) -> decltype(from(nlohmann::ordered_json())) {
    const auto document = parse_json(bytes, "x.json");
    if (!document) return fail(document.error());
    return from(*document);
  };
  const auto record = read(text);
  if (!record) return;
  const std::string written = to_json(*record).dump();
  const auto again = read(written);
  fuzz::claim(again && to_json(*again).dump() == written, "a record survives writing and reading");
}

}  // namespace

FUZZ(input) {
  static const fuzz::ScratchFile endpoint("endpoint.json"), status("status.json"), revision("revision.json"),
      stages("stages.json");
  const size_t way = fuzz::choose(input, 7);
  const auto& folder = endpoint.folder();
  if (way == 0) check(input, [](const auto& json) { return evaluation_from_json(json, "x.json"); });
  if (way == 1) check(input, [](const auto& json) { return run_from_json(json, "x.json"); });
  if (way == 2) {
    endpoint.write(input);
    const auto spec = serve::read_spec(folder);
    if (spec)
      fuzz::claim(serve::write_spec(folder, *spec) && serve::read_spec(folder),
                  "an endpoint survives writing and reading");
  }
  if (way == 3) {
    status.write(input);
    const auto read = serve::read_status(folder);
    if (read)
      fuzz::claim(serve::write_status(folder, *read) && serve::read_status(folder),
                  "a status survives writing and reading");
  }
  if (way == 4) {
    revision.write(input);
    (void)serve::read_revision(revision.path());
  }
  if (way == 5) {
    stages.write(input);
    (void)read_state(stages.path());
  }
  if (way == 6) (void)facts_text("http://x", parse_facts(std::string(input), 1'700'000'000'000));
}
