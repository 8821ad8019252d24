#include "core/serve/predictor.h"

#include "core/features/inference.h"

namespace mlctl::serve {

namespace {

class ForwardPredictor : public Predictor {
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

Result<std::unique_ptr<Predictor>> open_predictor(Engine& engine, const Package& package) {
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

}  // namespace mlctl::serve
