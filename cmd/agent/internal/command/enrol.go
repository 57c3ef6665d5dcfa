// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/uplink"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) enrol() *cobra.Command {
	var url, word, file string
	var own ownCertificate
	command := &cobra.Command{
		Use: "enrol", Args: cobra.NoArgs,
		Short: a.say("Fait connaître cet agent à l'agrégateur régional", "Make this agent known to the regional aggregator"),
		RunE: func(command *cobra.Command, _ []string) error {
			if own != (ownCertificate{}) {
				return a.enrolByCertificate(command.Context(), own, url, word+file)
			}
			if word != "" && word != "-" {
				a.warn(tokenInSight())
			}
			token, err := a.token(word, file)
			if err != nil {
				return err
			}
			token.URL = cmp.Or(url, token.URL)
			return a.enrolWith(command.Context(), token, nil)
		},
	}
	flags := command.Flags()
	flags.StringVar(&word, "token", "", a.say("jeton à usage unique donné par le centre régional (« - » le lit sur l'entrée standard)", "single-use token given by the regional centre (- reads it from standard input)"))
	flags.StringVar(&file, "token-file", "", a.say("fichier contenant le jeton", "file that holds the token"))
	flags.StringVar(&url, "aggregator", "", a.say("adresse de l'agrégateur, si elle diffère de celle du jeton", "address of the aggregator, if not that of the token"))
	flags.StringVar(&own.certificate, "certificate", "", a.say("sans jeton : certificat d'une IGC que la région reconnaît (IGC-Santé), PEM, avec sa chaîne", "without a token: certificate of a PKI that the region trusts, PEM, with its chain"))
	flags.StringVar(&own.key, "key", "", a.say("clé privée de ce certificat, PEM", "private key of that certificate, PEM"))
	flags.StringVar(&own.authority, "ca", "", a.say("certificat de l'autorité de l'agrégateur, donné par le centre régional, PEM", "certificate of the aggregator's authority, given by the regional centre, PEM"))
	return command
}

// ownCertificate is what enrols without a token: files.
type ownCertificate struct{ certificate, key, authority string }

// enrolByCertificate lets a certificate of another PKI speak for the agent, once: the
// region then certifies the agent's own key, as with a token.
func (a *app) enrolByCertificate(ctx context.Context, own ownCertificate, url, token string) error {
	if url == "" || own.certificate == "" || own.key == "" || own.authority == "" || token != "" {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "sans jeton, --certificate, --key, --ca et --aggregator vont ensemble", EN: "without a token, --certificate, --key, --ca and --aggregator go together"},
			Hint:     scanner.Text{FR: "donnez les quatre, ou un jeton seul", EN: "give all four, or a token alone"},
		}
	}
	shown, pin, err := own.read()
	if err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "le certificat, sa clé ou celui de l'autorité ne sont pas utilisables", EN: "the certificate, its key or that of the authority cannot be used"},
			Hint:     scanner.Text{FR: "vérifiez les trois fichiers, en PEM, et que la clé est celle du certificat", EN: "check the three files, PEM, and that the key is that of the certificate"},
			Cause:    err,
		}
	}
	return a.enrolWith(ctx, wire.Token{URL: url, CAPin: pin}, []tls.Certificate{shown})
}

func (o ownCertificate) read() (shown tls.Certificate, pin string, err error) {
	if err := cli.CheckRights(o.key, cli.SharedAny); err != nil {
		return shown, "", err
	}
	if shown, err = tls.LoadX509KeyPair(o.certificate, o.key); err != nil {
		return shown, "", fmt.Errorf("read certificate and key: %w", err)
	}
	raw, err := os.ReadFile(o.authority)
	if err != nil {
		return shown, "", fmt.Errorf("read certificate of the authority: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return shown, "", errors.New("no certificate of an authority in PEM form")
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return shown, "", fmt.Errorf("read certificate of the authority: %w", err)
	}
	return shown, scanner.Digest(authority.RawSubjectPublicKeyInfo), nil
}

func (a *app) enrolWith(ctx context.Context, token wire.Token, shown []tls.Certificate) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	id, err := identity.Open(c.State)
	if err != nil {
		return badState(c, err)
	}
	given, err := uplink.Enrol(ctx, id, token, shown, cli.Software(runner.Program), c.Uplink.Proxy)
	if err != nil {
		return enrolmentRefused(err)
	}
	if err := a.welcome(given); err != nil {
		return err
	}
	if problem := uplink.StateProblem(id, given, nil); problem != nil {
		a.warn(problem)
	}
	return nil
}

// tokenInSight warns of a secret on the command line: every account of the machine
// reads it in the list of processes, and the shell keeps it.
func tokenInSight() *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "le jeton est écrit sur la ligne de commande : il se lit dans la liste des processus et reste dans l'historique du terminal",
			EN: "the token stands on the command line: it can be read in the list of processes and stays in the history of the terminal",
		},
		Hint: scanner.Text{
			FR: "donnez-le par --token-file, ou par --token - sur l'entrée standard",
			EN: "give it by --token-file, or by --token - on standard input",
		},
	}
}

// maxToken bounds a token, in bytes, in whatever encoding it was saved.
const maxToken = 4 << 10

func (a *app) token(word, file string) (wire.Token, error) {
	if (word == "") == (file == "") {
		return wire.Token{}, &cli.Problem{
			Sentence: scanner.Text{FR: "un jeton d'enrôlement est demandé, et par un seul chemin", EN: "an enrolment token is needed, and by one way only"},
			Hint:     scanner.Text{FR: "donnez --token-file, ou --token - sur l'entrée standard", EN: "give --token-file, or --token - on standard input"},
		}
	}
	raw := []byte(word)
	var err error
	switch {
	case word == "-":
		raw, err = io.ReadAll(io.LimitReader(a.in, maxToken))
	case file != "":
		raw, err = readToken(file)
	}
	var token wire.Token
	if err == nil {
		token, err = wire.ParseToken(strings.TrimSpace(string(settings.Saved(raw))))
	}
	if err != nil {
		return token, &cli.Problem{
			Sentence: scanner.Text{FR: "le jeton d'enrôlement n'est pas lisible", EN: "the enrolment token cannot be read"},
			Hint:     scanner.Text{FR: "recopiez-le en entier, ou demandez-en un autre : il ne sert qu'une fois", EN: "copy it in full, or ask for another: it works once"},
			Cause:    err,
		}
	}
	return token, nil
}

func readToken(file string) ([]byte, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the token file: %w", err)
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, maxToken))
}

func (a *app) welcome(given identity.Enrolment) error {
	_, until, err := given.Validity()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, a.say(
		"Agent %s enrôlé pour %s (FINESS %s), certificat valable jusqu'au %s.\n",
		"Agent %s enrolled for %s (FINESS %s), certificate valid until %s.\n",
	), given.AgentID, given.Establishment.Name, given.Establishment.FINESS, settings.DayText(until).In(a.lang.Lang))
	return err
}

// enrolmentRefused says what kept the agent from being enrolled. What has its own
// words keeps them: the token is not to blame then.
func enrolmentRefused(cause error) error {
	if problem, ok := errors.AsType[*cli.Problem](cause); ok {
		told := *problem
		told.Sentence = settings.Say("l'enrôlement n'a pas abouti : %s", "the enrolment did not succeed: %s", problem.Sentence)
		return &told
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "l'enrôlement n'a pas abouti", EN: "the enrolment did not succeed"},
		Hint: scanner.Text{
			FR: "un jeton ne sert qu'une fois et expire au bout de 72 heures ; vérifiez aussi l'accès réseau à l'agrégateur",
			EN: "a token works once and expires after 72 hours; also check network access to the aggregator",
		},
		Cause: cause,
	}
}
