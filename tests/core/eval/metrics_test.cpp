#include "core/eval/metrics.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/sys/fs.h"
#include "fakes/source_folder.h"

using namespace mlctl;
using Json = nlohmann::json;

namespace {

// What scikit-learn says: tests/golden/eval/make.py.
const Json& golden() {
  static const Json cases =
      Json::parse(sys::read_file(test::source_folder() / "tests/golden/eval/metrics.json").value());
  return cases;
}

void same(double ours, const Json& theirs) {
  CHECK(ours == doctest::Approx(theirs.get<double>()).epsilon(1e-9));
}

void same_curve(Curve ours, const Json& theirs, bool sorted) {
  if (sorted) std::sort(ours.begin(), ours.end());
  REQUIRE(ours.size() == theirs.size());
  for (size_t k = 0; k < ours.size(); ++k) {
    same(ours[k].first, theirs[k][0]);
    same(ours[k].second, theirs[k][1]);
  }
}

size_t arg_max(const std::vector<double>& values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace

TEST_CASE("classification scores are scikit-learn's") {
  for (const Json& c : golden()["classification"]) {
    CAPTURE(c["name"].get<std::string>());
    const size_t classes = c["confusion"].size();
    Confusion confusion(classes);
    Calibration calibration;
    double loss = 0;
    for (size_t k = 0; k < c["truth"].size(); ++k) {
      const auto truth = c["truth"][k].get<size_t>();
      const auto row = c["probabilities"][k].get<std::vector<double>>();
      double sum = 0;
      for (const double p : row) sum += p;
      const size_t said = arg_max(row);
      confusion.add(truth, said);
      calibration.add(row[said], said == truth);
      loss += log_loss_of(row[truth] / sum);
    }
    for (size_t t = 0; t < classes; ++t)
      for (size_t p = 0; p < classes; ++p) CHECK(confusion.at(t, p) == c["confusion"][t][p].get<int64_t>());
    const ClassTallies tallies(confusion);
    const OverallScores scores = overall(tallies);
    same(scores.accuracy, c["accuracy"]);
    same(scores.balanced_accuracy, c["balanced_accuracy"]);
    same(scores.precision, c["precision"]);
    same(scores.recall, c["recall"]);
    same(scores.f1, c["f1"]);
    same(loss / static_cast<double>(c["truth"].size()), c["log_loss"]);
    same(calibration.expected_error(), c["ece"]);
    const auto each = per_class(tallies);
    for (size_t k = 0; k < classes; ++k) {
      same(each[k].precision, c["per_class"]["precision"][k]);
      same(each[k].recall, c["per_class"]["recall"][k]);
      same(each[k].f1, c["per_class"]["f1"][k]);
      CHECK(each[k].support == c["per_class"]["support"][k].get<int64_t>());
    }
  }
}

TEST_CASE("ROC and precision-recall are scikit-learn's, ties included") {
  for (const Json& c : golden()["ranked"]) {
    CAPTURE(c["name"].get<std::string>());
    std::vector<Scored> scores;
    for (size_t k = 0; k < c["scores"].size(); ++k)
      scores.push_back({c["scores"][k].get<float>(), c["positive"][k].get<int>() == 1});
    sort_scores(scores);
    same(area_under_roc(scores), c["auc"]);
    same(average_precision(scores), c["average_precision"]);
    same_curve(roc_curve(scores), c["roc"], false);
    same_curve(precision_recall_curve(scores), c["pr"], true);
  }
}

TEST_CASE("auc has no value where only one class occurs") {
  const std::vector<Scored> scores = {{0.5F, true}, {0.2F, true}};
  CHECK(std::isnan(area_under_roc(scores)));
  CHECK(std::isnan(area_under_roc({})));
}

TEST_CASE("regression scores are scikit-learn's") {
  for (const Json& c : golden()["regression"]) {
    CAPTURE(c["name"].get<std::string>());
    ValueErrors errors;
    for (size_t k = 0; k < c["truth"].size(); ++k)
      errors.add(c["truth"][k].get<double>(), c["predicted"][k].get<double>());
    same(errors.mse(), c["mse"]);
    same(errors.rmse(), c["rmse"]);
    same(errors.mae(), c["mae"]);
    same(errors.r2(), c["r2"]);
  }
}

TEST_CASE("ndcg and hit rate are scikit-learn's") {
  for (const Json& c : golden()["ranking"]) {
    CAPTURE(c["name"].get<std::string>());
    std::vector<size_t> ranks;
    for (size_t item = 0; item < c["scores"].size(); ++item) {
      if (c["relevant"][item].get<int>() == 0) continue;
      size_t better = 0;
      for (const Json& other : c["scores"]) better += other.get<double>() > c["scores"][item].get<double>();
      ranks.push_back(better);
    }
    same(ndcg_at(c["k"].get<size_t>(), ranks), c["ndcg"]);
    same(hit_rate_at(c["k"].get<size_t>(), ranks), c["hit"]);
  }
}
