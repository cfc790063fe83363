/* swinfer.h: the engine from C and whatever can call C.
 *
 * Every function may be called from any thread. Texts are UTF-8 and end in a zero byte. Where a
 * function can fail it takes `error`, room for `error_size` bytes, and writes one line there:
 * what went wrong, where, and what to do. `error` may be NULL.
 *
 * Link with -lSwinferC. */
#ifndef SWINFER_H
#define SWINFER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model in memory. Any number of sessions may generate on it at once. */
typedef struct swinfer_model swinfer_model;

/* One growing text and the memory of it. Generates one text at a time. */
typedef struct swinfer_session swinfer_session;

/* Why a text ended. */
enum {
    SWINFER_ERROR = -1,
    SWINFER_END_OF_TEXT = 0,
    SWINFER_LENGTH = 1,
    SWINFER_CONTEXT_FULL = 2,
    SWINFER_CANCELLED = 3,
    SWINFER_STOP = 4
};

/* Called with each piece of text: whole characters, possibly none. Anything but 0 ends the
 * generation. Runs on another thread than the one that waits in swinfer_generate. */
typedef int (*swinfer_callback)(const char *text, void *user);

/* Loads a GGUF file (any shard of a split one); NULL: the model that comes with the library.
 *   context  tokens that a session can hold; 0: what the model was trained for
 *   threads  0: one per physical core that the process may use
 * NULL on failure. */
swinfer_model *swinfer_load(const char *path, int32_t context, int32_t threads, char *error,
                            size_t error_size);

/* Lets the model go; sessions that are still there keep it alive. */
void swinfer_free(swinfer_model *model);

/* A new, empty session. NULL on failure. */
swinfer_session *swinfer_session_new(swinfer_model *model, char *error, size_t error_size);

/* Lets a session go. Not while it generates. */
void swinfer_session_free(swinfer_session *session);

/* Adds a text to the session and generates what follows; waits for the end.
 *   max_tokens   tokens to generate at most; below 0: until the text ends or the context is full
 *   temperature  0: greedy
 *   seed         equal seeds give equal texts; below 0: a new one
 * Gives one of the reasons above. */
int swinfer_generate(swinfer_session *session, const char *prompt, int32_t max_tokens,
                     float temperature, int64_t seed, swinfer_callback callback, void *user, char *error,
                     size_t error_size);

/* Ends what a session generates, within one token; swinfer_generate gives SWINFER_CANCELLED. */
void swinfer_cancel(swinfer_session *session);

#ifdef __cplusplus
}
#endif

#endif
