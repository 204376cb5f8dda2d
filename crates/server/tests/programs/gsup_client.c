/* A serving node by Debian's libosmo-gsup-client, unmodified: SendAuthInfo and
 * UpdateLocation with InsertSubscriberData to their end, for one subscriber.
 *
 *   gsup_client attach ADDRESS PORT IMSI   prints what it gets, 0 if attached
 *   gsup_client decode HEX                 prints what libosmogsm makes of a message
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/ipa.h>
#include <osmocom/gsupclient/gsup_client.h>

static const char *imsi;
static int status = -1;

static const struct log_info_cat no_categories[] = {};
static const struct log_info log_information = {
	.cat = no_categories,
	.num_cat = 0,
};

static void print_hex(const char *name, const uint8_t *octets, size_t count)
{
	printf(" %s=", name);
	for (size_t at = 0; at < count; at++)
		printf("%02x", octets[at]);
}

static void print_vectors(const struct osmo_gsup_message *message)
{
	for (size_t at = 0; at < message->num_auth_vectors; at++) {
		const struct osmo_auth_vector *vector = &message->auth_vectors[at];
		printf("vector types=%u", vector->auth_types);
		print_hex("rand", vector->rand, sizeof(vector->rand));
		print_hex("autn", vector->autn, sizeof(vector->autn));
		print_hex("res", vector->res, vector->res_len);
		print_hex("ck", vector->ck, sizeof(vector->ck));
		print_hex("ik", vector->ik, sizeof(vector->ik));
		print_hex("sres", vector->sres, sizeof(vector->sres));
		print_hex("kc", vector->kc, sizeof(vector->kc));
		printf("\n");
	}
}

static void ask(struct osmo_gsup_client *client, enum osmo_gsup_message_type type)
{
	struct osmo_gsup_message message = {
		.message_type = type,
		.cn_domain = OSMO_GSUP_CN_DOMAIN_PS,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SUBSCRIBER_MANAGEMENT,
	};
	OSMO_STRLCPY_ARRAY(message.imsi, imsi);
	if (osmo_gsup_client_enc_send(client, &message) != 0) {
		printf("not sent %#x\n", type);
		status = 1;
	}
}

static int heard(struct osmo_gsup_client *client, struct msgb *msg)
{
	struct osmo_gsup_message message;
	int rc = osmo_gsup_decode(msgb_l2(msg), msgb_l2len(msg), &message);

	if (rc < 0) {
		printf("not understood %d\n", rc);
		status = 1;
	} else {
		printf("%s\n", osmo_gsup_message_type_name(message.message_type));
		switch (message.message_type) {
		case OSMO_GSUP_MSGT_SEND_AUTH_INFO_RESULT:
			print_vectors(&message);
			ask(client, OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST);
			break;
		case OSMO_GSUP_MSGT_INSERT_DATA_REQUEST:
			printf("contexts %zu\n", message.num_pdp_infos);
			ask(client, OSMO_GSUP_MSGT_INSERT_DATA_RESULT);
			break;
		case OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT:
			status = 0;
			break;
		default:
			printf("cause %d\n", message.cause);
			status = 1;
		}
	}
	msgb_free(msg);
	return 0;
}

static void begin(void *client)
{
	ask(client, OSMO_GSUP_MSGT_SEND_AUTH_INFO_REQUEST);
}

/* "Up" is TCP alone. The library says nothing of the end of the identity
 * handshake, and osmo-hlr does not answer what comes before it. */
static bool up_or_down(struct osmo_gsup_client *client, bool up)
{
	static struct osmo_timer_list soon;

	if (up) {
		osmo_timer_setup(&soon, begin, client);
		osmo_timer_schedule(&soon, 0, 500 * 1000);
	}
	return true;
}

static void too_late(void *data)
{
	printf("no answer in time\n");
	status = 2;
}

static int attach(const char *address, unsigned int port)
{
	void *context = talloc_named_const(NULL, 0, "gsup_client");
	struct ipaccess_unit *unit = talloc_zero(context, struct ipaccess_unit);
	struct osmo_timer_list limit = {};
	struct osmo_gsup_client_config config = {
		.ipa_dev = unit,
		.ip_addr = address,
		.tcp_port = port,
		.read_cb = heard,
		.up_down_cb = up_or_down,
	};

	osmo_init_logging2(context, &log_information);
	unit->unit_name = "SGSN";
	unit->serno = "SGSN-00-00-00-00-00-01";
	if (!osmo_gsup_client_create3(context, &config))
		return 3;
	osmo_timer_setup(&limit, too_late, NULL);
	osmo_timer_schedule(&limit, 20, 0);
	while (status < 0)
		osmo_select_main(0);
	return status;
}

static int decode(const char *hex)
{
	uint8_t octets[1024];
	struct osmo_gsup_message message;
	int count = osmo_hexparse(hex, octets, sizeof(octets));

	if (count < 0 || osmo_gsup_decode(octets, count, &message) != 0)
		return 1;
	print_vectors(&message);
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && strcmp(argv[1], "attach") == 0) {
		imsi = argv[4];
		return attach(argv[2], atoi(argv[3]));
	}
	if (argc == 3 && strcmp(argv[1], "decode") == 0)
		return decode(argv[2]);
	return 64;
}
