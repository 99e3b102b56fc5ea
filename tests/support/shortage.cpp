// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/shortage.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <atomic>

namespace rankscope::test {

namespace {

/// LibTorch's own, until `left` allocations have been made.
class FailingAllocator final : public c10::Allocator {
public:
    FailingAllocator(c10::Allocator* real, std::int64_t allocations)
        : m_real(real)
        , m_left(allocations)
    {
    }
    c10::DataPtr allocate(std::size_t bytes) override
    {
        TORCH_CHECK(m_left.fetch_sub(1) > 0,
                    "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes, " bytes.");
        return m_real->allocate(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override { return m_real->raw_deleter(); }
    void copy_data(void* to, const void* from, std::size_t bytes) const override
    {
        m_real->copy_data(to, from, bytes);
    }

private:
    c10::Allocator* m_real;
    std::atomic<std::int64_t> m_left;
};

} // namespace

struct Shortage::Allocators {
    c10::Allocator* before;
    FailingAllocator failing;
};

Shortage::Shortage(std::int64_t allocations)
    : m_allocators(new Allocators { c10::GetCPUAllocator(), { c10::GetCPUAllocator(), allocations } })
{
    c10::SetCPUAllocator(&m_allocators->failing, 255);
}

Shortage::~Shortage()
{
    c10::SetCPUAllocator(m_allocators->before, 255);
}

} // namespace rankscope::test
