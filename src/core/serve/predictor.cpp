#include "core/serve/predictor.h"

#include "core/features/inference.h"

namespace mlctl::serve {

namespace {

class ForwardPredictor : public EncodedPredictor {
 public:
  explicit ForwardPredictor(Forward forward) : forward_(std::move(forward)) {}
  Result<std::vector<float>> forward(const Encoded& examples) override { return forward_(examples); }

 private:
  Forward forward_;
};

template <class T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Result<std::unique_ptr<EncodedPredictor>> open_predictor(Engine& engine, const Package& package) {
  return std::make_unique<ForwardPredictor>(TRY(open_forward(engine, package, "auto")));
}

void append(Encoded& to, const Encoded& from) {
  to.size += from.size;
  extend(to.features, from.features);
  extend(to.codes, from.codes);
  if (from.offsets.empty()) return;
  if (to.offsets.empty()) to.offsets.push_back(0);
  const int64_t shift = to.offsets.back();
  for (size_t at = 1; at < from.offsets.size(); ++at) to.offsets.push_back(shift + from.offsets[at]);
  extend(to.tokens, from.tokens);
}

Encoded part_of(const Encoded& examples, int64_t begin, int64_t end) {
  Encoded part;
  part.size = end - begin;
  const auto rows = [&]<class T>(const std::vector<T>& from, std::vector<T>& to) {
    const auto width = static_cast<int64_t>(from.size()) / examples.size;
    to.assign(from.begin() + begin * width, from.begin() + end * width);
  };
  rows(examples.features, part.features);
  rows(examples.codes, part.codes);
  if (examples.offsets.empty()) return part;
  const auto at = [&](int64_t example) { return examples.offsets[static_cast<size_t>(example)]; };
  for (int64_t example = begin; example <= end; ++example) part.offsets.push_back(at(example) - at(begin));
  part.tokens.assign(examples.tokens.begin() + at(begin), examples.tokens.begin() + at(end));
  return part;
}

}  // namespace mlctl::serve
