// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

func (a *app) agent() *cobra.Command {
	command := &cobra.Command{Use: "agent", Short: a.say("Les agents de la région", "The agents of the region")}
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les agents et leur état", "List the agents and their state"),
		RunE: a.inRegion(a.listAgents),
	}
	var code string
	approve := a.agentMove(store.Approve, &code, a.say("Approuve l'agent dont le code, lu par téléphone, est celui donné", "Approve the agent whose code, read over the telephone, is the given one"))
	approve.Flags().StringVar(&code, "code", "", a.say("code que l'établissement lit sur sa machine", "code that the establishment reads on its machine"))
	command.AddCommand(list, approve,
		a.agentMove(store.Suspend, nil, a.say("Suspend un agent : il ne livre plus rien, jusqu'à « resume »", "Suspend an agent: it delivers nothing until resumed")),
		a.agentMove(store.Resume, nil, a.say("Reprend un agent suspendu", "Let a suspended agent in again")),
		a.agentMove(store.Revoke, nil, a.say("Révoque un agent, pour toujours", "Revoke an agent, for ever")))
	return command
}

func (a *app) listAgents(ctx context.Context, r *region) error {
	list, err := r.store.Agents(ctx, store.Region())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, agent := range list {
		state := agent.State.Label().In(a.lang.Lang)
		if agent.State == store.AgentPending {
			state += " (" + wire.ApprovalCode(agent.KeyDigest) + ")"
		}
		heard := a.say("jamais entendu", "never heard")
		if !agent.Pulse.HeardAt.IsZero() {
			heard = agent.Pulse.HeardAt.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", agent.ID, agent.Called(), state, agent.Software, heard)
	}
	return w.Flush()
}

// agentMove makes the command of a move; code, when there is one, must be the agent's.
func (a *app) agentMove(m store.Move, code *string, short string) *cobra.Command {
	command := &cobra.Command{Use: string(m) + " AGENT", Args: cobra.ExactArgs(1), Short: short}
	command.RunE = func(c *cobra.Command, args []string) error {
		return a.inRegion(func(ctx context.Context, r *region) error {
			if code != nil {
				if err := r.compareCode(ctx, args[0], *code); err != nil {
					return err
				}
			}
			return a.moveAgent(ctx, r, m, args[0])
		})(c, args)
	}
	return command
}

func (a *app) moveAgent(ctx context.Context, r *region, m store.Move, id string) error {
	was, err := r.store.MoveAgent(ctx, store.Region(), id, m, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return unknownAgent(err)
	}
	if err == nil {
		err = r.audit(ctx, m.Deed(), was.Called())
	}
	if err != nil {
		return err
	}
	is, err := r.store.Agent(ctx, store.Region(), id)
	if err == nil {
		a.tell("%s : %s", "%s: %s", is.Called(), is.State.Label().In(a.lang.Lang))
	}
	return err
}

// compareCode refuses an approval by another code than the agent's: whoever enrolled with
// a token that was not meant for them has another key.
func (r *region) compareCode(ctx context.Context, id, code string) error {
	agent, err := r.store.Agent(ctx, store.Region(), id)
	if err != nil {
		return unknownAgent(err)
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToUpper(code)), []byte(wire.ApprovalCode(agent.KeyDigest))) == 1 {
		return nil
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "ce code n'est pas celui de l'agent : il n'est pas approuvé", EN: "this code is not that of the agent: it is not approved"},
		Hint: scanner.Text{
			FR: "faites relire le code par l'établissement ; s'il diffère encore, révoquez cet agent : un autre s'est enrôlé avec son jeton",
			EN: "have the establishment read the code again; if it still differs, revoke this agent: somebody else enrolled with its token",
		},
	}
}

func unknownAgent(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "aucun agent de ce nom n'est dans un état qui le permet", EN: "no agent of that name is in a state that allows this"},
		Hint:     scanner.Text{FR: "« agent list » montre les agents et leur état", EN: `"agent list" shows the agents and their state`},
		Cause:    err,
	}
}
