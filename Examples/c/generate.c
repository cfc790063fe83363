// Continues a text with the model that comes with the library, or with the GGUF file named second.
// Ctrl-C ends the text, not the program. A second text goes on from the first.
//
//     generate "Once upon a time" [model.gguf]

#include <signal.h>
#include <stdio.h>
#include <swinfer.h>

static volatile sig_atomic_t interrupted = 0;

static void interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/// Prints a piece of text and counts its bytes; stops the generation after Ctrl-C.
static int print(const char *text, void *user) {
    size_t *bytes = user;
    *bytes += (size_t)printf("%s", text);
    fflush(stdout);
    return interrupted;
}

int main(int count, char **arguments) {
    const char *prompt = count > 1 ? arguments[1] : "Once upon a time";
    char error[256];
    swinfer_model *model = swinfer_load(count > 2 ? arguments[2] : NULL, 0, 0, error, sizeof error);
    if (!model) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    swinfer_session *session = swinfer_session_new(model, error, sizeof error);
    // The session keeps what it needs of the model.
    swinfer_free(model);
    if (!session) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    signal(SIGINT, interrupt);

    static const char *const reasons[] = {"end of text", "length", "context full", "cancelled", "stop"};
    const char *const prompts[] = {prompt, "\n\nThe next day,"};
    int reason = SWINFER_END_OF_TEXT;
    for (int turn = 0; turn < 2 && reason != SWINFER_ERROR && !interrupted; turn++) {
        size_t bytes = 0;
        fputs(prompts[turn], stdout);
        reason = swinfer_generate(session, prompts[turn], 60, 0.8f, 1, print, &bytes, error, sizeof error);
        if (reason == SWINFER_ERROR)
            fprintf(stderr, "%s\n", error);
        else
            fprintf(stderr, "\n[%s, %zu bytes]\n", reasons[reason], bytes);
    }
    fputs("\n", stdout);
    swinfer_session_free(session);
    return interrupted ? 130 : reason == SWINFER_ERROR;
}
