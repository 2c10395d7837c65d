#include <cerrno>
#include <cstdint>
#include <memory>
#include <pthread.h>
#include <threads.h>

// Linked into every program of the tsan preset. ThreadSanitizer knows the threads and locks of pthread but
// not those of C11, which Debian's librdkafka uses: its threads have no state in the sanitizer, and the first
// intercepted call or callback on one of them is a crash (github.com/google/sanitizers/issues/1195). These
// definitions stand before glibc's and go by way of pthread; glibc's own types are the same in both.
namespace {

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t));
static_assert(sizeof(once_flag) == sizeof(pthread_once_t));

pthread_mutex_t* of(mtx_t* lock) {
    return reinterpret_cast<pthread_mutex_t*>(lock);
}
pthread_cond_t* of(cnd_t* condition) {
    return reinterpret_cast<pthread_cond_t*>(condition);
}

int result(int error) {
    switch (error) {
        case 0:
            return thrd_success;
        case EBUSY:
            return thrd_busy;
        case ENOMEM:
            return thrd_nomem;
        case ETIMEDOUT:
            return thrd_timedout;
        default:
            return thrd_error;
    }
}

struct Start {
    thrd_start_t run;
    void* argument;
};

void* begin(void* given) {
    const std::unique_ptr<Start> start(static_cast<Start*>(given));
    return reinterpret_cast<void*>(static_cast<std::intptr_t>(start->run(start->argument)));
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
    auto start = std::make_unique<Start>(run, argument);
    const int error = pthread_create(thread, nullptr, begin, start.get());
    if (error == 0) (void)start.release();
    return result(error == EAGAIN ? ENOMEM : error);
}

int thrd_join(thrd_t thread, int* code) {
    void* returned = nullptr;
    const int error = pthread_join(thread, &returned);
    if (code != nullptr) *code = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
    return result(error);
}

int thrd_detach(thrd_t thread) {
    return result(pthread_detach(thread));
}

void call_once(once_flag* flag, void (*run)()) {
    pthread_once(reinterpret_cast<pthread_once_t*>(flag), run);
}

int mtx_init(mtx_t* lock, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if ((type & mtx_recursive) != 0) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    const int error = pthread_mutex_init(of(lock), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result(error);
}

int mtx_lock(mtx_t* lock) {
    return result(pthread_mutex_lock(of(lock)));
}

int mtx_trylock(mtx_t* lock) {
    return result(pthread_mutex_trylock(of(lock)));
}

int mtx_timedlock(mtx_t* lock, const timespec* until) {
    return result(pthread_mutex_timedlock(of(lock), until));
}

int mtx_unlock(mtx_t* lock) {
    return result(pthread_mutex_unlock(of(lock)));
}

void mtx_destroy(mtx_t* lock) {
    pthread_mutex_destroy(of(lock));
}

int cnd_init(cnd_t* condition) {
    return result(pthread_cond_init(of(condition), nullptr));
}

int cnd_signal(cnd_t* condition) {
    return result(pthread_cond_signal(of(condition)));
}

int cnd_broadcast(cnd_t* condition) {
    return result(pthread_cond_broadcast(of(condition)));
}

int cnd_wait(cnd_t* condition, mtx_t* lock) {
    return result(pthread_cond_wait(of(condition), of(lock)));
}

int cnd_timedwait(cnd_t* condition, mtx_t* lock, const timespec* until) {
    return result(pthread_cond_timedwait(of(condition), of(lock), until));
}

void cnd_destroy(cnd_t* condition) {
    pthread_cond_destroy(of(condition));
}

}  // extern "C"
