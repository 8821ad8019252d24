#pragma once
// What numbers say about predictions. Definitions are scikit-learn's (1.2), and the tests compare with it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace mlctl {

// Counts of (truth, predicted) pairs.
class Confusion {
 public:
  explicit Confusion(size_t classes) : classes_(classes), counts_(classes * classes) {}
  void add(size_t truth, size_t predicted) { ++counts_[truth * classes_ + predicted]; }
  int64_t at(size_t truth, size_t predicted) const { return counts_[truth * classes_ + predicted]; }
  size_t classes() const { return classes_; }

 private:
  size_t classes_;
  std::vector<int64_t> counts_;
};

// What every score of hard predictions is made of: per class, and without the C × C matrix.
struct ClassTallies {
  explicit ClassTallies(size_t classes) : truth(classes), predicted(classes), right(classes) {}
  explicit ClassTallies(const Confusion& confusion);
  void add(size_t t, size_t p) {
    ++truth[t];
    ++predicted[p];
    if (t == p) ++right[t];
  }
  std::vector<int64_t> truth, predicted, right;
};

struct ClassScores {
  double precision = 0, recall = 0, f1 = 0;  // 0 where nothing was predicted or nothing is there
  int64_t support = 0;
};
std::vector<ClassScores> per_class(const ClassTallies& tallies);

struct OverallScores {
  double accuracy = 0;
  double balanced_accuracy = 0;              // mean recall of the classes that occur
  double precision = 0, recall = 0, f1 = 0;  // means over the classes that occur or were predicted
};
OverallScores overall(const ClassTallies& tallies);

// -log of the probability given to the truth, bounded as scikit-learn does.
double log_loss_of(double probability);

// One-against-the-rest scores: the higher, the more positive.
struct Scored {
  float score = 0;
  bool positive = false;
};
using Curve = std::vector<std::pair<double, double>>;

// The three take scores sorted by sort_scores(). NaN for auc where only one class is there.
void sort_scores(std::vector<Scored>& scores);          // highest first
double area_under_roc(std::span<const Scored> scores);  // ties count half
double average_precision(std::span<const Scored> scores);
Curve roc_curve(std::span<const Scored> scores);  // (false, true) positive rate, no points on straight lines
Curve precision_recall_curve(std::span<const Scored> scores);  // (recall, precision), falling recall

// How far confidence and accuracy are apart, in equal bins of confidence.
class Calibration {
 public:
  static constexpr size_t kBins = 15;
  struct Bin {
    int64_t count = 0, right = 0;
    double confidence = 0;  // sum
  };
  void add(double confidence, bool right);
  double expected_error() const;  // ECE: mean |accuracy - confidence|, weighted by count
  const std::vector<Bin>& bins() const { return bins_; }

 private:
  std::vector<Bin> bins_ = std::vector<Bin>(kBins);
};

// Errors of predicted numbers, in one pass (Welford's update for the variance of the truth).
class ValueErrors {
 public:
  void add(double truth, double predicted);
  int64_t count() const { return count_; }
  double mse() const;
  double rmse() const;
  double mae() const;
  double r2() const;  // of a constant truth: 1 when all is right, else 0

 private:
  int64_t count_ = 0;
  double squares_ = 0, absolutes_ = 0, mean_ = 0, spread_ = 0;
};

// One user's ranking, told by the ranks (from 0) of the relevant items in it.
double hit_rate_at(size_t k, std::span<const size_t> relevant_ranks);  // 1 when one is among the first k
double ndcg_at(size_t k, std::span<const size_t> relevant_ranks);      // gains are 0 or 1

}  // namespace mlctl
