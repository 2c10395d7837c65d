#include <cerrno>
#include <pthread.h>
#include <threads.h>

// Preloaded beside libfaketime, which knows pthread_cond_timedwait but not its C11 twin. Debian's librdkafka
// takes the time from timespec_get, which is faked, and waits by cnd_timedwait, which is not: with a clock
// set back every one of its waits would end at once, which no wrong clock of a real machine does.
extern "C" int cnd_timedwait(cnd_t* condition, mtx_t* lock, const timespec* until) {
    static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
    static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));
    const int error = pthread_cond_timedwait(
        reinterpret_cast<pthread_cond_t*>(condition), reinterpret_cast<pthread_mutex_t*>(lock), until
    );
    if (error == 0) return thrd_success;
    return error == ETIMEDOUT ? thrd_timedout : thrd_error;
}
