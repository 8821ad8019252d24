#include "core/clean/decide.h"

#include <doctest/doctest.h>

#include "fakes/listed_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

// An item as the scan saw it. Equal content and label make equal identities.
struct Seen {
  const char* split;
  uint64_t content;
  int32_t label;
  ItemState state = ItemState::good;
};

// Decides over items given in the order of the splits test, validation, train.
Decisions decided(const std::vector<Seen>& seen, const CleanRules& rules,
                  DatasetKind kind = DatasetKind::image) {
  test::TempFolder temp;
  Dataset dataset;
  dataset.kind = kind;
  std::map<std::string, std::string> records;
  for (const Seen& item : seen) {
    ScanRecord record;
    record.content[0] = item.content;
    record.identity[0] = item.content * 1000 + static_cast<uint64_t>(item.label + 1);
    record.label = item.label;
    record.state = item.state;
    std::string& bytes = records[item.split];
    bytes.append(reinterpret_cast<const char*>(&record), sizeof record);
    if (kind == DatasetKind::image) bytes.append(sizeof(ImageMeasure), '\0');
    Split& split = dataset.splits[item.split];
    split.files = {test::inside(std::string(item.split) + "-000000.tar")};
    split.shard_samples = {++split.samples};
  }
  for (const auto& [split, bytes] : records) REQUIRE(sys::write_file(temp / (split + "-000000"), bytes));
  const Items items(dataset);
  const auto scans = Scans::open(temp.path(), items, scan_layout(dataset, rules));
  REQUIRE(scans);
  return decide(dataset, rules, items, *scans);
}

std::vector<Reason> reasons(const Decisions& decisions) {
  std::vector<Reason> list;
  for (const Verdict& verdict : decisions.verdicts) list.push_back(verdict.reason);
  return list;
}

constexpr Reason kStays = Reason::none;

}  // namespace

TEST_CASE("of equal items the first of the split that judges stays") {
  const auto decisions = decided({{"test", 1, 0},
                                  {"test", 1, 0},
                                  {"validation", 1, 0},
                                  {"train", 1, 0},
                                  {"train", 2, 0},
                                  {"train", 2, 0}},
                                 {});
  CHECK(reasons(decisions) == std::vector<Reason>{kStays, Reason::exact_duplicate, Reason::leakage,
                                                  Reason::leakage, kStays, Reason::exact_duplicate});
  CHECK(decisions.verdicts[3].other == 0);
  CHECK(decisions.verdicts[5].other == 4);
}

TEST_CASE("leakage can be only reported, and duplicates left") {
  CleanRules rules;
  rules.leakage = LeakageAction::report;
  rules.dedupe = Dedupe::none;
  const auto decisions = decided({{"test", 1, 0}, {"train", 1, 0}, {"train", 1, 0}}, rules);
  CHECK(reasons(decisions) == std::vector<Reason>{kStays, kStays, kStays});
  CHECK(decisions.leaks == 2);
}

TEST_CASE("contradicting labels are doubted within a split, and leakage across splits") {
  const auto decisions = decided({{"test", 1, 0}, {"train", 1, 1}, {"train", 2, 0}, {"train", 2, 1}}, {});
  CHECK(reasons(decisions) == std::vector<Reason>{kStays, Reason::leakage, kStays, kStays});
  REQUIRE(decisions.suspects.size() == 1);
  CHECK(decisions.suspects[0].item == 3);
  CHECK(decisions.suspects[0].other == 2);
}

TEST_CASE("rows that agree in their features but not in their label are no leakage") {
  const auto decisions = decided({{"test", 1, 0}, {"train", 1, 1}}, {}, DatasetKind::table);
  CHECK(reasons(decisions) == std::vector<Reason>{kStays, kStays});
  CHECK(decisions.suspects.size() == 1);
}

TEST_CASE("a bad item goes for being bad, and is nobody's original") {
  const auto decisions = decided(
      {{"train", 1, 0, ItemState::corrupt}, {"train", 1, 0}, {"train", 3, 0, ItemState::too_small}}, {});
  CHECK(reasons(decisions) == std::vector<Reason>{Reason::corrupt, kStays, Reason::too_small});
}
