#include "core/clean/decide.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <span>

#include "core/base/hash.h"
#include "core/clean/near_index.h"

namespace mlctl {

namespace {

struct Entry {
  uint64_t hash[2];
  uint32_t item;
  bool same(const Entry& other) const { return hash[0] == other.hash[0] && hash[1] == other.hash[1]; }
};

constexpr size_t kImageBands = 8;  // of 16 bits: up to seven flips leave a band as it was

class Judge {
 public:
  Judge(const Dataset& dataset, const CleanRules& rules, const Items& items, const Scans& scans)
      : rules_(rules),
        items_(items),
        scans_(scans),
        // Equal pictures or texts are one item whatever their labels; rows may well agree in all features.
        content_is_item_(dataset.kind == DatasetKind::image || dataset.kind == DatasetKind::text),
        image_(dataset.kind == DatasetKind::image) {
    decisions_.verdicts.resize(items.size());
  }

  Decisions judge() {
    for (uint32_t item = 0; item < items_.size(); ++item) {
      const ItemState state = scans_.record(item).state;
      if (state == ItemState::corrupt) decisions_.verdicts[item].reason = Reason::corrupt;
      if (state == ItemState::too_small) decisions_.verdicts[item].reason = Reason::too_small;
    }
    for_each_group(&ScanRecord::identity, [this](auto group) { judge_equals(group); });
    for_each_group(&ScanRecord::content, [this](auto group) { judge_contents(group); });
    if (rules_.dedupe == Dedupe::near) judge_look_alikes();
    add_suspects(decisions_, {});
    return std::move(decisions_);
  }

 private:
  bool stays(uint32_t item) const { return decisions_.verdicts[item].reason == Reason::none; }
  int32_t label(uint32_t item) const { return scans_.record(item).label; }

  void drop(uint32_t item, Reason reason, uint32_t other, bool near = false) {
    decisions_.verdicts[item] = {reason, near, other};
  }

  // True when the item was removed.
  bool leaks(uint32_t item, uint32_t other, bool near) {
    ++decisions_.leaks;
    if (rules_.leakage == LeakageAction::drop) drop(item, Reason::leakage, other, near);
    return rules_.leakage == LeakageAction::drop;
  }

  // The items that stay, grouped by a hash, each group of several in the order of the items.
  void for_each_group(uint64_t (ScanRecord::*hash)[2],
                      const std::function<void(std::span<const Entry>)>& take) {
    std::vector<Entry> entries;
    for (uint32_t item = 0; item < items_.size(); ++item) {
      const auto& value = scans_.record(item).*hash;
      if (stays(item)) entries.push_back({{value[0], value[1]}, item});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.hash[0], a.hash[1], a.item) < std::tie(b.hash[0], b.hash[1], b.item);
    });
    for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
      while (end < entries.size() && entries[end].same(entries[begin])) ++end;
      if (end - begin > 1) take(std::span(entries).subspan(begin, end - begin));
    }
  }

  void judge_equals(std::span<const Entry> group) {
    uint32_t first_of_split = group[0].item;
    for (const Entry& entry : group.subspan(1)) {
      const bool new_split = items_.split_of(entry.item) != items_.split_of(first_of_split);
      if (items_.split_of(entry.item) != items_.split_of(group[0].item) &&
          leaks(entry.item, group[0].item, false)) {
        continue;
      }
      if (new_split) {
        first_of_split = entry.item;
      } else if (rules_.dedupe != Dedupe::none) {
        drop(entry.item, Reason::exact_duplicate, first_of_split);
      }
    }
  }

  // The labels of a group differ, or its items are of several splits, or duplicates were to stay.
  void judge_contents(std::span<const Entry> group) {
    const uint32_t first = group[0].item;
    for (const Entry& entry : group.subspan(1)) {
      const bool other_label =
          label(entry.item) != label(first) && label(entry.item) >= 0 && label(first) >= 0;
      if (!other_label) continue;
      const bool other_split = items_.split_of(entry.item) != items_.split_of(first);
      if (content_is_item_ && other_split && leaks(entry.item, first, false)) continue;
      decisions_.suspects.push_back({Suspicion::label_conflict, entry.item, first});
    }
  }

  void judge_look_alikes() {
    NearIndex index(image_ ? kImageBands : kTextBands, items_.size());
    std::vector<uint64_t> keys;
    gradients_.resize(image_ ? items_.size() : 0);
    for (uint32_t item = 0; item < items_.size(); ++item) {
      if (!stays(item)) continue;
      if (image_) gradients_[item] = mark<ImageMark>(item).gradients;
      band_keys(item, keys);
      judge_look_alike(item, index, keys);
      if (stays(item)) index.insert(item, keys);
    }
  }

  // The earliest look-alike of another split, of the same label, of another label, in this order.
  void judge_look_alike(uint32_t item, const NearIndex& index, const std::vector<uint64_t>& keys) {
    std::optional<uint32_t> leaked, same, conflicting;
    index.candidates(keys, [&](uint32_t other) {
      if (!alike(item, other)) return;
      std::optional<uint32_t>& found = items_.split_of(other) != items_.split_of(item) ? leaked
                                       : label(other) == label(item)                   ? same
                                                                                       : conflicting;
      if (!found || other < *found) found = other;
    });
    if (leaked && leaks(item, *leaked, true)) return;
    if (same) return drop(item, Reason::near_duplicate, *same);
    if (conflicting) decisions_.suspects.push_back({Suspicion::near_label_conflict, item, *conflicting});
  }

  template <class Mark>
  Mark mark(uint32_t item) const {
    Mark value;
    std::memcpy(&value, scans_.mark(item).data(), sizeof value);
    return value;
  }

  bool alike(uint32_t a, uint32_t b) const {
    if (image_ && gradient_flips(gradients_[a], gradients_[b]) > kMaxGradientFlips) return false;
    return image_ ? looks_alike(mark<ImageMark>(a), mark<ImageMark>(b))
                  : resemblance(mark<TextMark>(a), mark<TextMark>(b)) >= kMinResemblance;
  }

  void band_keys(uint32_t item, std::vector<uint64_t>& keys) const {
    keys.clear();
    if (image_) {
      for (size_t band = 0; band < kImageBands; ++band) {
        keys.push_back(gradients_[item][band / 4] >> (16 * (band % 4)) & 0xffff);
      }
      return;
    }
    const std::string_view slots = scans_.mark(item);
    const size_t width = kTextBandRows * sizeof(uint32_t);
    for (size_t band = 0; band < kTextBands; ++band)
      keys.push_back(hash64(slots.substr(band * width, width)));
  }

  const CleanRules& rules_;
  const Items& items_;
  const Scans& scans_;
  bool content_is_item_, image_;
  std::vector<std::array<uint64_t, 2>> gradients_;  // in memory: most candidates fail by them
  Decisions decisions_;
};

}  // namespace

void add_suspects(Decisions& decisions, const std::vector<Suspect>& more) {
  const auto by_item = [](const Suspect& a, const Suspect& b) { return a.item < b.item; };
  const auto same_item = [](const Suspect& a, const Suspect& b) { return a.item == b.item; };
  auto& suspects = decisions.suspects;
  suspects.insert(suspects.end(), more.begin(), more.end());
  std::stable_sort(suspects.begin(), suspects.end(), by_item);
  suspects.erase(std::unique(suspects.begin(), suspects.end(), same_item), suspects.end());
}

Decisions decide(const Dataset& dataset, const CleanRules& rules, const Items& items, const Scans& scans) {
  return Judge(dataset, rules, items, scans).judge();
}

}  // namespace mlctl
