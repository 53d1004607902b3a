/* A carrier on libwebsockets, the library of FreeSWITCH's mod_audio_fork, which Knowlarity's stream node speaks. It
 * shares no line with the relay or its simulators: it opens one stream, sends the metadata as one text in fragments,
 * then a frame each 20 ms, pings on its own, plays what comes, answers when the agent has stopped, and says at the end
 * what it saw, in JSON.
 *
 *     carrier HOST PORT PATH METADATA REPLY.wav...      (replies: 16 kHz, mono, 16 bits) */

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_US 20000           /* how often a frame is sent */
#define FRAME_BYTES 640          /* 20 ms at 16 kHz */
#define FRAGMENT_BYTES 24        /* of the metadata */
#define PING_EACH 100            /* frames: every 2 s */
#define PATIENCE_US 800000       /* silence of the agent before the callee answers */
#define LONGEST_US 120000000     /* whole call */
#define MESSAGE_MAX (1 << 20)

static const char *metadata;
static size_t metadata_sent;
static char **replies;
static int replies_left;
static unsigned char *saying;    /* what the callee is saying */
static size_t saying_bytes, said_bytes;

static char *message;            /* what came of a message so far */
static size_t message_bytes;
static size_t samples, plays, kills, pongs, pings, disconnects, others, frames;
static lws_usec_t began, heard_until;
static int has_spoken;           /* the agent, since the callee last spoke */
static int is_open, is_over, close_code;
static char protocol[64], extensions[128];

static unsigned char out[LWS_PRE + 4096];

static void fail(const char *why)
{
	fprintf(stderr, "carrier: %s\n", why);
	exit(1);
}

/* The samples of a WAV file. */
static unsigned char *wav(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	static unsigned char head[12];
	unsigned char chunk[8];

	if (!file || fread(head, 1, 12, file) != 12 || memcmp(head + 8, "WAVE", 4))
		fail(path);
	while (fread(chunk, 1, 8, file) == 8) {
		size_t len = chunk[4] | chunk[5] << 8 | chunk[6] << 16 | (size_t)chunk[7] << 24;

		if (!memcmp(chunk, "data", 4)) {
			unsigned char *pcm = malloc(len);

			*bytes = fread(pcm, 1, len, file);
			fclose(file);
			return pcm;
		}
		fseek(file, (long)len, SEEK_CUR);
	}
	fail(path);
	return NULL;
}

/* The callee answers once the agent was heard and has been quiet for a while. */
static void think(void)
{
	lws_usec_t now = lws_now_usecs();

	if (saying || !has_spoken || !replies_left || now < heard_until + PATIENCE_US)
		return;
	saying = wav(*replies++, &saying_bytes);
	said_bytes = 0;
	replies_left--;
	has_spoken = 0;
}

static void play(const char *audio)
{
	const char *end = strchr(audio, '"');
	static char pcm[MESSAGE_MAX];
	lws_usec_t now = lws_now_usecs();
	int bytes;

	if (!end)
		fail("an audioContent without an end");
	bytes = lws_b64_decode_string_len(audio, (int)(end - audio), pcm, sizeof(pcm));
	if (bytes <= 0)
		fail("an audioContent that is no base64");
	samples += (size_t)bytes / 2;
	plays++;
	has_spoken = 1;
	if (heard_until < now)
		heard_until = now;
	heard_until += (lws_usec_t)bytes * 1000000 / 32000;
}

static void hear(void)
{
	char *audio;

	message[message_bytes] = 0;
	audio = strstr(message, "\"audioContent\":\"");
	if (strstr(message, "\"type\":\"playAudio\"") && strstr(message, "\"audioContentType\":\"raw\"") &&
	    strstr(message, "\"sampleRate\":16000") && audio)
		play(audio + strlen("\"audioContent\":\""));
	else if (!strcmp(message, "{\"type\":\"killAudio\"}"))
		kills++;
	else if (!strcmp(message, "{\"type\":\"disconnect\"}"))
		disconnects++;
	else
		others++;
	message_bytes = 0;
}

/* The next thing to be written; one in each turn, as the library wants it. */
static int speak(struct lws *wsi)
{
	size_t left = strlen(metadata) - metadata_sent, bytes = 0;
	int flags;

	if (left) {
		bytes = left < FRAGMENT_BYTES ? left : FRAGMENT_BYTES;
		flags = metadata_sent ? LWS_WRITE_CONTINUATION : LWS_WRITE_TEXT;
		if (bytes < left)
			flags |= LWS_WRITE_NO_FIN;
		memcpy(out + LWS_PRE, metadata + metadata_sent, bytes);
		metadata_sent += bytes;
		return lws_write(wsi, out + LWS_PRE, bytes, flags) < 0;
	}
	if (frames % PING_EACH == PING_EACH - 1 && pings <= frames / PING_EACH) {
		pings++;
		return lws_write(wsi, out + LWS_PRE, 0, LWS_WRITE_PING) < 0;
	}
	memset(out + LWS_PRE, 0, FRAME_BYTES);
	if (saying) {
		bytes = saying_bytes - said_bytes;
		if (bytes > FRAME_BYTES)
			bytes = FRAME_BYTES;
		memcpy(out + LWS_PRE, saying + said_bytes, bytes);
		said_bytes += bytes;
		if (said_bytes == saying_bytes) {
			free(saying);
			saying = NULL;
		}
	}
	frames++;
	return lws_write(wsi, out + LWS_PRE, FRAME_BYTES, LWS_WRITE_BINARY) < 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
		lws_hdr_copy(wsi, protocol, sizeof(protocol), WSI_TOKEN_PROTOCOL);
		lws_hdr_copy(wsi, extensions, sizeof(extensions), WSI_TOKEN_EXTENSIONS);
		break;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		is_open = 1;
		began = lws_now_usecs();
		lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_TIMER:
		think();
		lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		if (speak(wsi))
			return -1;
		if (metadata_sent < strlen(metadata)) {
			lws_callback_on_writable(wsi);
		} else {
			/* Frames keep to the clock, however late a turn comes. */
			lws_usec_t due = began + (lws_usec_t)(frames + 1) * FRAME_US - lws_now_usecs();

			lws_set_timer_usecs(wsi, due > 1000 ? due : 1000);
		}
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (lws_frame_is_binary(wsi))
			fail("a binary frame came");
		if (message_bytes + len >= MESSAGE_MAX)
			fail("a message is too long");
		memcpy(message + message_bytes, in, len);
		message_bytes += len;
		if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi))
			hear();
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		pongs++;
		break;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		close_code = len >= 2 ? ((unsigned char *)in)[0] << 8 | ((unsigned char *)in)[1] : 1005;
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		fail(in ? (const char *)in : "no connection");
		break;
	case LWS_CALLBACK_CLIENT_CLOSED:
		is_over = 1;
		break;
	default:
		break;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ "audio.drachtio.org", on_event, 0, 65536, 0, NULL, 0 },
	{ NULL, NULL, 0, 0, 0, NULL, 0 },
};

static const struct lws_extension offered[] = {
	{ "permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_max_window_bits" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	struct lws_context_creation_info info = { 0 };
	struct lws_client_connect_info to = { 0 };
	struct lws_context *context;

	if (argc < 5)
		fail("HOST PORT PATH METADATA REPLY.wav...");
	metadata = argv[4];
	replies = argv + 5;
	replies_left = argc - 5;
	message = malloc(MESSAGE_MAX);
	lws_set_log_level(LLL_ERR, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.extensions = offered;
	context = lws_create_context(&info);
	if (!context)
		fail("no context");
	to.context = context;
	to.address = argv[1];
	to.port = atoi(argv[2]);
	to.path = argv[3];
	to.host = argv[1];
	to.origin = argv[1];
	to.protocol = "audio.drachtio.org";
	if (!lws_client_connect_via_info(&to))
		fail("no connection");
	while (!is_over && (!is_open || lws_now_usecs() < began + LONGEST_US) && lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
	printf("{\"protocol\":\"%s\",\"extensions\":\"%s\",\"frames\":%zu,\"plays\":%zu,\"samples\":%zu,\"kills\":%zu,"
	       "\"disconnects\":%zu,\"others\":%zu,\"pings\":%zu,\"pongs\":%zu,\"replies_left\":%d,\"close\":%d,"
	       "\"is_over\":%d}\n",
	       protocol, extensions, frames, plays, samples, kills, disconnects, others, pings, pongs, replies_left,
	       close_code, is_over);
	return 0;
}
