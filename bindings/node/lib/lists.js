// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Lists of the library as arrays.

/** The items from 0 to count, exclusive. */
const toArray = (count, item) => Array.from({ length: count }, (_, index) => item(index));

/** The items from 0 on; null is behind the last. */
function toNull(item) {
  const items = [];
  for (let found; (found = item(items.length)) !== null;) items.push(found);
  return items;
}

module.exports = { toArray, toNull };
