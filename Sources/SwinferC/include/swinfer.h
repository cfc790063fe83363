/* swinfer.h: the engine from C, C++ and whatever can call C. Link with -lSwinferC.
 *
 * Threads    Every function may be called from any thread, also at the same time, as long as nobody
 *            uses a handle that another thread frees. Nothing is printed, no signal handlers are
 *            installed, and there is no global state: models know nothing of each other.
 * Ownership  What swinfer_load and swinfer_session_new give belongs to the caller, who gives it back
 *            with swinfer_free and swinfer_session_free, once. Texts that are passed in are copied or
 *            read during the call; a text that a callback gets is valid until it returns.
 * Texts      UTF-8 with a zero byte at the end. Bytes that are not UTF-8 are replaced by U+FFFD.
 * Errors     A function that can fail takes `error`, room for `error_size` bytes, and writes there one
 *            line with a zero byte, cut to the room: what went wrong, where, and what to do. Without a
 *            failure nothing is written. `error` may be NULL. */
#ifndef SWINFER_H
#define SWINFER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model in memory. Any number of sessions may generate on it at once; their tokens go through it in
 * shared batches. */
typedef struct swinfer_model swinfer_model;

/* One growing text and the memory of it. Generates one text at a time. */
typedef struct swinfer_session swinfer_session;

/* Why a text ended. */
enum {
    SWINFER_ERROR = -1,       /* it failed; `error` says why */
    SWINFER_END_OF_TEXT = 0,  /* the model ended it */
    SWINFER_LENGTH = 1,       /* `max_tokens` were generated */
    SWINFER_CONTEXT_FULL = 2, /* the context has no room for more; nothing was dropped */
    SWINFER_CANCELLED = 3,    /* by swinfer_cancel, or by the callback */
    SWINFER_STOP = 4          /* for another reason of the library's */
};

/* Called with each piece of text as it is generated: whole characters, possibly none. Anything but 0
 * ends the generation with SWINFER_CANCELLED, within one token; a few more calls may come before.
 *
 * Runs on a thread of the library, one call at a time for each generation, and not after
 * swinfer_generate has returned. It may call swinfer_cancel, and must not call swinfer_generate.
 * `user` is what swinfer_generate was given. */
typedef int (*swinfer_callback)(const char *text, void *user);

/* Loads a GGUF file; blocks while it reads.
 *   path     any shard of a split model; NULL: the small model that comes with the library
 *   context  tokens that a session can hold; 0 or less: what the model was trained for
 *   threads  compute threads; 0 or less: one per physical core that the process may use
 * Gives a model for swinfer_free, or NULL on failure: no such file, not a model that this engine runs,
 * too large for the memory. */
swinfer_model *swinfer_load(const char *path, int32_t context, int32_t threads, char *error,
                            size_t error_size);

/* Gives a model back. Sessions that are still there keep it in memory until they are freed. NULL: no
 * effect. */
void swinfer_free(swinfer_model *model);

/* A new, empty session of a model, for swinfer_session_free; NULL on failure: no memory. */
swinfer_session *swinfer_session_new(swinfer_model *model, char *error, size_t error_size);

/* Gives a session back, with its text; not before swinfer_generate has returned. NULL: no effect. */
void swinfer_session_free(swinfer_session *session);

/* Adds a text to the session's and generates what follows, which becomes part of it as well; blocks
 * until the end, while other sessions go on.
 *   prompt       special tokens in it are recognized by their names
 *   max_tokens   tokens to generate at most; below 0: until the text ends or the context is full
 *   temperature  spread of the choice; 0: always the most likely token
 *   seed         equal seeds give equal texts; below 0: a new one each time
 *   callback     gets the text; NULL: nobody does
 *   user         handed to the callback
 * Gives one of the reasons above. SWINFER_ERROR leaves the session usable: the prompt is too long or
 * empty, an option is outside its range, the session generates already, or memory was refused. */
int swinfer_generate(swinfer_session *session, const char *prompt, int32_t max_tokens,
                     float temperature, int64_t seed, swinfer_callback callback, void *user, char *error,
                     size_t error_size);

/* Ends what a session generates, within one token, from any thread; swinfer_generate then gives
 * SWINFER_CANCELLED, and the session can go on from there. Without effect when nothing is generated,
 * and for NULL. Takes a lock, so it is not for signal handlers: set a flag there that the callback
 * looks at. */
void swinfer_cancel(swinfer_session *session);

#ifdef __cplusplus
}
#endif

#endif
