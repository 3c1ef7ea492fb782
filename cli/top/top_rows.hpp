#pragma once

#include "cli/top/top_cell.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>
#include <vector>

namespace callboard {

/// The panes, from top to bottom.
enum class pane { queues, types, workers, jobs };
inline constexpr size_t pane_count = 4;

struct top_column {
  std::string_view title;
  bool right = false; ///< numbers stand at the right
};

/// The columns of a pane; its rows have as many cells.
const std::vector<top_column>& columns_of(pane p);

/// In which orders a pane can be sorted: columns, the most important first; those that are numbers from high to low.
/// The first one holds at the beginning.
const std::vector<std::vector<size_t>>& orders_of(pane p);

/// Rows of an answer: of `GET /api/queues`, `/api/metrics/jobs` (its types), `/api/workers`, `/api/jobs`. What is not
/// as it should be is left out.
std::vector<top_row> rows_of(pane p, const nlohmann::ordered_json& answer, time_point now);

/// Sorts by one of the orders; rows that are the same in it by their ids.
void sort_rows(std::vector<top_row>& rows, const std::vector<size_t>& order);

/// A slot as a cell that is full or empty: `■■□□`; with more than `cells_max` slots as `12/64`.
std::string slot_cells(uint64_t busy, uint64_t slots, size_t cells_max);

} // namespace callboard
