#pragma once
// The routes of an endpoint: inference (the Open Inference Protocol and POST /predict), health, metrics,
// statistics. It knows nothing of sockets; the server calls handle() for each request.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/net/http.h"
#include "core/serve/batcher.h"
#include "core/serve/cells.h"
#include "core/serve/examples.h"
#include "core/serve/http_server.h"
#include "core/serve/metrics.h"
#include "core/serve/protocol.h"
#include "core/serve/sketch.h"

namespace mlctl::serve {

struct ServiceOptions {
  std::string name;            // the model's name in URLs and metrics
  std::string version = "1";   // the endpoint's revision
  std::string model_digest{};  // for build_info and stats
  std::string token{};         // empty: everyone may call
  std::filesystem::path counters{};
  BatchLimits batch{};
  std::function<void(int status, const std::string& message)> refused{};  // an inference that failed
};

class Service {
 public:
  // Keeps pointers: model and predictor must outlive it.
  static Result<std::unique_ptr<Service>> open(const Model& model, Predictor& predictor,
                                               ServiceOptions options);

  // Runs the model once on an empty example, so that the first caller does not pay for it; then ready.
  Result<> warm_up();
  void stop_being_ready() { metrics_->ready = false; }

  std::optional<HttpResponse> handle(HttpRequest&& request, HttpServer::Reply reply);
  void count_refused(int status) const;  // by the server, before there was a request to handle

 private:
  struct Call;  // one inference on its way
  using Shared = std::shared_ptr<Call>;

  Service(const Model& model, ServiceOptions options, Cells cells);
  HttpResponse answer_get(const std::string& path, bool& known) const;
  bool authorized(const HttpRequest& request) const;
  std::optional<HttpResponse> start(Shared call, Result<Encoded> encoded, HttpServer::Reply reply);
  Result<Encoded> read_infer(const HttpRequest& request, Call& call) const;
  Result<Encoded> read_predict(const HttpRequest& request, Call& call) const;
  void count_all(const std::vector<Example>& examples) const;
  HttpResponse finish(Call& call, Result<std::vector<float>> outputs);
  HttpResponse count(const Call& call, HttpResponse response);
  std::string metrics_text() const;
  std::string stats_text() const;

  const Model* model_;
  ServiceOptions options_;
  std::string token_digest_;
  Encoder encoder_;
  Cells cells_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Sketch> sketch_;
  std::unique_ptr<Batcher> batcher_;  // last: its thread uses the others
};

}  // namespace mlctl::serve
