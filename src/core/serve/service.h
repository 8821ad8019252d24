#pragma once
// The routes of an endpoint: inference (the Open Inference Protocol and POST /predict), health, metrics,
// statistics. It knows nothing of sockets; the server calls handle() for each request, from its event loops:
// there, only what takes microseconds is done.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/http/http_server.h"
#include "core/http/task_pool.h"
#include "core/net/http.h"
#include "core/serve/batcher.h"
#include "core/serve/body_reader.h"
#include "core/serve/cells.h"
#include "core/serve/metrics.h"
#include "core/serve/routes.h"
#include "core/serve/sketch.h"

namespace mlctl::serve {

struct ServiceOptions {
  std::string name;            // the model's name in URLs and metrics
  std::string version = "1";   // the endpoint's revision
  std::string model_digest{};  // for build_info and stats
  std::string token{};         // empty: everyone may call
  bool open_to_all = false;    // others can reach it without a token, so it gives no statistics
  std::filesystem::path counters{};
  BatchLimits batch{};
  BodyLimits body{};
  int reading_threads = 2;
  std::function<void(int status, const std::string& message)> refused{};  // an inference that failed
  std::function<void(const std::string&)> trouble{};                      // anything else; from any thread
};

class Service {
 public:
  // Keeps pointers: model and predictor must outlive it. Opens the counters' file.
  static Result<std::unique_ptr<Service>> open(const Model& model, EncodedPredictor& predictor,
                                               ServiceOptions options);

  // Starts the threads, and runs the model once on an empty example, so that the first caller does not pay
  // for it; then ready. No threads to be had → 12.
  Result<> warm_up();
  void stop_being_ready() { metrics_->ready = false; }

  // Decides by the head alone: returns the answer to a request that will not be served, so that its body is
  // never read.
  std::optional<HttpResponse> refuse(const HttpRequest& head) const;
  std::optional<HttpResponse> handle(HttpRequest&& request, HttpServer::Reply reply);
  void report(const std::string& trouble) const;  // to the log
  void count_refused(int status) const;           // refused by the server before handle() was called

 private:
  struct Call;  // one inference on its way
  using Shared = std::shared_ptr<Call>;

  Service(const Model& model, ServiceOptions options, Cells cells);
  Result<> start_threads();
  HttpResponse answer_get(const std::string& path, bool& known) const;
  std::optional<HttpResponse> refusal(const HttpRequest& head, const std::string& path) const;
  std::optional<HttpResponse> refuse_inference(const HttpRequest& head, const std::string& path) const;
  bool is_served(const ModelPath& place) const;
  bool authorized(const HttpRequest& request) const;
  template <class Step>
  std::optional<HttpResponse> safely(const Call& call, const Step& step) const;
  std::optional<HttpResponse> start(const Shared& call, const HttpRequest& request, HttpServer::Reply reply);
  std::optional<HttpResponse> start_later(const Shared& call, HttpRequest&& request, HttpServer::Reply reply);
  std::optional<HttpResponse> start_in_turn(const Shared& call, const HttpRequest& request, double waited,
                                            const HttpServer::Reply& reply);
  HttpResponse finish(const Call& call, const Result<std::vector<float>>& outputs) const;
  HttpResponse count(const Call& call, HttpResponse response) const;
  std::string metrics_text() const;
  HttpResponse stats() const;
  std::string stats_text() const;

  const Model* model_;
  EncodedPredictor* predictor_ = nullptr;
  ServiceOptions options_;
  std::string token_digest_;
  BodyReader reader_;
  Budget working_;
  Cells cells_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Sketch> sketch_;
  std::unique_ptr<Batcher> batcher_;  // its thread uses the members above
  std::unique_ptr<TaskPool> pool_;    // its threads use all members above
};

}  // namespace mlctl::serve
