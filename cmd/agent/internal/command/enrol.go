// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"context"
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
	command := &cobra.Command{
		Use: "enrol", Args: cobra.NoArgs,
		Short: a.say("Fait connaître cet agent à l'agrégateur régional", "Make this agent known to the regional aggregator"),
		RunE: func(command *cobra.Command, _ []string) error {
			if word != "" && word != "-" {
				a.warn(tokenInSight())
			}
			token, err := a.token(word, file)
			if err != nil {
				return err
			}
			token.URL = cmp.Or(url, token.URL)
			return a.enrolWith(command.Context(), token)
		},
	}
	flags := command.Flags()
	flags.StringVar(&word, "token", "", a.say("jeton à usage unique donné par le centre régional (« - » le lit sur l'entrée standard)", "single-use token given by the regional centre (- reads it from standard input)"))
	flags.StringVar(&file, "token-file", "", a.say("fichier contenant le jeton", "file that holds the token"))
	flags.StringVar(&url, "aggregator", "", a.say("adresse de l'agrégateur, si elle diffère de celle du jeton", "address of the aggregator, if not that of the token"))
	return command
}

func (a *app) enrolWith(ctx context.Context, token wire.Token) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	id, err := identity.Open(c.State)
	if err != nil {
		return badState(c, err)
	}
	given, err := uplink.Enrol(ctx, id, token, cli.Software(runner.Program), c.Uplink.Proxy)
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
