#include "core/eval/ranking.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "core/base/hash.h"
#include "core/data/cells.h"
#include "core/eval/metrics.h"

namespace mlctl {

namespace {

constexpr size_t kBatch = 16384;

using Ids = std::unordered_map<std::string_view, int32_t>;

Ids ids_of(const std::vector<std::string>& names) {
  Ids ids;
  for (const std::string& name : names) ids.emplace(name, static_cast<int32_t>(ids.size() + 1));
  return ids;
}

int32_t id_of(const Ids& ids, std::string_view name) {
  const auto found = ids.find(name);
  return found == ids.end() ? 0 : found->second;
}

size_t column_of(const Dataset& dataset, Role role) {
  return static_cast<size_t>(dataset.column(role) - dataset.columns.data());
}

struct UserItems {
  std::vector<int32_t> relevant;  // 0 = an item that the model never saw
  std::vector<int32_t> known;     // rated elsewhere
};
using Users = std::map<int32_t, UserItems>;

struct Columns {
  size_t user, item, rating;
};

// The split's relevant items by user, of the users that the request has room for.
Result<Users> relevant_items(const RankingRequest& request, const Ids& users, const Ids& items,
                             const Columns& columns) {
  Users found;
  const double mean = request.model->preprocess.ratings.mean;
  TRY(for_each_sample(*request.shards, *request.dataset, request.split,
                      [&](const Sample& sample) -> Result<> {
                        const int32_t user = id_of(users, sample.fields[columns.user]);
                        const auto rating = cell_number(ColumnType::number, sample.fields[columns.rating]);
                        if (user > 0 && rating && *rating >= mean)
                          found[user].relevant.push_back(id_of(items, sample.fields[columns.item]));
                        return {};
                      }));
  const uint64_t room = std::max<uint64_t>(1, request.pairs / std::max<uint64_t>(1, items.size()));
  if (found.size() <= room) return found;
  std::vector<std::pair<uint64_t, int32_t>> order;
  for (const auto& [user, of_user] : found)
    order.emplace_back(hash64(request.model->preprocess.ratings.users[static_cast<size_t>(user) - 1]), user);
  std::sort(order.begin(), order.end());
  for (size_t k = room; k < order.size(); ++k) found.erase(order[k].second);
  return found;
}

Result<> add_known(const RankingRequest& request, const Ids& user_ids, const Ids& items,
                   const Columns& columns, Users& users) {
  for (const auto& [split, contents] : request.dataset->splits) {
    if (split == request.split) continue;
    TRY(for_each_sample(*request.shards, *request.dataset, split, [&](const Sample& sample) -> Result<> {
      const auto user = users.find(id_of(user_ids, sample.fields[columns.user]));
      if (user != users.end()) user->second.known.push_back(id_of(items, sample.fields[columns.item]));
      return {};
    }));
  }
  for (auto& [user, of_user] : users) std::sort(of_user.known.begin(), of_user.known.end());
  return {};
}

// The user's scores of the items 1 … count; [0] is unused.
Result<std::vector<float>> score_items(const RankingRequest& request, int32_t user, size_t count) {
  std::vector<float> scores = {0};
  scores.reserve(count + 1);
  for (size_t begin = 1; begin <= count; begin += kBatch) {
    Encoded batch;
    for (size_t item = begin; item < std::min(begin + kBatch, count + 1); ++item, ++batch.size) {
      batch.codes.push_back(user);
      batch.codes.push_back(static_cast<int32_t>(item));
    }
    const std::vector<float> outputs = TRY(request.forward(batch));
    scores.insert(scores.end(), outputs.begin(), outputs.end());
  }
  return scores;
}

// The places, from 0, of the relevant items among the items that are not known.
std::vector<size_t> ranks_of(const UserItems& of_user, const std::vector<float>& scores) {
  constexpr size_t kMissed = static_cast<size_t>(-1);
  const auto known = [&](size_t item) {
    return std::binary_search(of_user.known.begin(), of_user.known.end(), static_cast<int32_t>(item));
  };
  std::vector<size_t> ranks;
  for (const int32_t relevant : std::set<int32_t>(of_user.relevant.begin(), of_user.relevant.end())) {
    const auto at = static_cast<size_t>(relevant);
    if (relevant == 0 || known(at)) {
      ranks.push_back(kMissed);
      continue;
    }
    size_t before = 0;
    for (size_t item = 1; item < scores.size(); ++item) {
      const bool better = scores[item] > scores[at] || (scores[item] == scores[at] && item < at);
      if (better && !known(item)) ++before;
    }
    ranks.push_back(before);
  }
  return ranks;
}

}  // namespace

Result<RankingScores> score_ranking(const RankingRequest& request, const sys::StopFlag& stop) {
  const RatingsPreprocess& ratings = request.model->preprocess.ratings;
  const Ids user_ids = ids_of(ratings.users), items = ids_of(ratings.items);
  const Columns columns{column_of(*request.dataset, Role::user), column_of(*request.dataset, Role::item),
                        column_of(*request.dataset, Role::rating)};
  Users users = TRY(relevant_items(request, user_ids, items, columns));
  TRY(add_known(request, user_ids, items, columns, users));
  RankingScores sum;
  for (const auto& [user, of_user] : users) {
    if (stop) return fail(stop.code(), "stopped while ranking");
    const std::vector<float> scores = TRY(score_items(request, user, ratings.items.size()));
    const std::vector<size_t> ranks = ranks_of(of_user, scores);
    sum.hit_rate += hit_rate_at(request.k, ranks);
    sum.ndcg += ndcg_at(request.k, ranks);
    ++sum.users;
  }
  const double count = std::max<double>(1, static_cast<double>(sum.users));
  return RankingScores{sum.hit_rate / count, sum.ndcg / count, sum.users};
}

}  // namespace mlctl
