// Continues a text with the model that comes with the library, or with the GGUF file named second.
//
//     generate "Once upon a time" [model.gguf]

#include <stdio.h>
#include <swinfer.h>

static int print(const char *text, void *user) {
    (void)user;
    fputs(text, stdout);
    fflush(stdout);
    return 0;
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
    int reason = SWINFER_ERROR;
    if (session) {
        fputs(prompt, stdout);
        reason = swinfer_generate(session, prompt, 120, 0.8f, 1, print, NULL, error, sizeof error);
        fputs("\n", stdout);
    }
    if (reason == SWINFER_ERROR) fprintf(stderr, "%s\n", error);
    swinfer_session_free(session);
    swinfer_free(model);
    return reason == SWINFER_ERROR;
}
