#pragma once
// How good a recommender's lists are, by full ranking.
//
// Protocol: a split's rating is relevant when it is at or above the mean rating of training. For each user
// with a relevant item (users that the model knows; at most so many, chosen by hash, that 5 million pairs are
// scored), every item of the model is ranked by the predicted rating but those that the user rated in the
// other splits; equals by their order in the model. hit_rate@10 is the share of users with a relevant item
// among the first 10, ndcg@10 the mean normalised gain. Relevant items that the model never saw count as
// missed.

#include <cstdint>
#include <functional>
#include <string>

#include "core/data/shards.h"
#include "core/features/inference.h"
#include "core/sys/stop.h"

namespace mlctl {

struct RankingScores {
  double hit_rate = 0, ndcg = 0;
  int64_t users = 0;  // that were ranked; 0: the two have no value
};

struct RankingRequest {
  const Model* model = nullptr;
  Forward forward;
  Shards* shards = nullptr;
  const Dataset* dataset = nullptr;
  std::string split;
  size_t k = 10;
  uint64_t pairs = 5'000'000;
};
Result<RankingScores> score_ranking(const RankingRequest& request, const sys::StopFlag& stop);

}  // namespace mlctl
