// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

namespace rankscope::test {

/// While it lives, tensors on the CPU can be allocated so many times more; after that memory has run out.
class Shortage {
public:
    explicit Shortage(std::int64_t allocations);
    Shortage(const Shortage&) = delete;
    Shortage& operator=(const Shortage&) = delete;
    ~Shortage();

private:
    struct Allocators;
    std::unique_ptr<Allocators> m_allocators;
};

} // namespace rankscope::test
