#include "core/serve/predictor.h"

namespace mlctl::serve {

namespace {

class SessionPredictor : public Predictor {
 public:
  explicit SessionPredictor(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  Result<std::vector<float>> forward(const Encoded& examples) override {
    Batch batch;
    batch.size = examples.size;
    batch.features = examples.features;
    batch.codes = examples.codes;
    batch.tokens = examples.tokens;
    if (!examples.offsets.empty())
      batch.offsets = std::span(examples.offsets).first(examples.offsets.size() - 1);
    return session_->forward(batch);
  }

 private:
  std::unique_ptr<Session> session_;
};

template <class T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Result<std::unique_ptr<Predictor>> open_predictor(Engine& engine, const Model& model,
                                                  const std::filesystem::path& folder) {
  SessionSpec spec;
  spec.network = model.network;
  spec.loss = model.task == Task::classification ? Loss::cross_entropy : Loss::mse;
  spec.inference = true;
  std::unique_ptr<Session> session = TRY(engine.open(spec));
  const TensorMap weights = TRY(read_weights(folder));
  TRY(session->load_weights(weights));
  return std::make_unique<SessionPredictor>(std::move(session));
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
