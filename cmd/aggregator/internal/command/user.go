// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) user() *cobra.Command {
	command := &cobra.Command{Use: "user", Short: a.say("Les personnes qui se connectent", "The people who sign in")}
	var f userFlags
	add := &cobra.Command{
		Use: "add", Args: cobra.NoArgs,
		Short: a.say("Invite une personne et affiche son lien de première connexion", "Invite a person and print their first sign-in link"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.addUser(ctx, r, f) }),
	}
	add.Flags().StringVar(&f.name, "name", "", a.say("nom affiché", "name shown"))
	add.Flags().BoolVar(&f.admin, "admin", false, a.say("administre la région : --role administrator --at region", "administers the region: --role administrator --at region"))
	add.Flags().StringVar(&f.establishment, "establishment", "", a.say("ne voit que cet établissement (FINESS) : --role reader --at site:FINESS", "sees this establishment only (FINESS): --role reader --at site:FINESS"))
	add.Flags().BoolVar(&f.emergency, "emergency", false, a.say("compte de secours, gardé sous clé ; chaque usage est signalé", "emergency account, kept locked away; each use is told"))
	grant := &cobra.Command{
		Use: "grant", Args: cobra.NoArgs, Short: a.say("Donne un rôle de plus à une personne", "Give a person one more role"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error { return a.grant(ctx, r, f) }),
	}
	for _, c := range []*cobra.Command{add, grant} {
		c.Flags().StringVar(&f.role, "role", "", a.say("rôle : ", "role: ")+roleNames())
		c.Flags().StringVar(&f.at, "at", "", a.say("lieu : region, ght:NOM, legal:FINESS ou site:FINESS", "place: region, ght:NAME, legal:FINESS or site:FINESS"))
		c.Flags().StringVar(&f.until, "until", "", a.say("dernier jour du rôle, AAAA-MM-JJ ; obligatoire pour un auditeur", "last day of the role, YYYY-MM-DD; needed for an auditor"))
	}
	command.AddCommand(add, grant, &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les personnes et leurs rôles", "List the people and their roles"),
		RunE: a.inRegion(a.listUsers),
	})
	for _, c := range []struct {
		use, fr, en string
		do          func(context.Context, *region, string) error
	}{
		{"reset", "Donne un nouveau lien à une personne qui a perdu ses moyens de connexion", "Give a new link to a person who lost their secrets", a.resetUser},
		{"disable", "Interdit la connexion à une personne, et ferme ses sessions aussitôt", "Keep a person out, and end their sessions at once", a.disableUser},
		{"enable", "Autorise de nouveau la connexion", "Let a person in again", a.enableUser},
		{"remove", "Oublie une personne et ferme ses sessions aussitôt ; le journal garde ses actions", "Forget a person and end their sessions at once; the journal keeps what they did", a.removeUser},
	} {
		one := &cobra.Command{
			Use: c.use, Args: cobra.NoArgs, Short: a.say(c.fr, c.en),
			RunE: a.inRegion(func(ctx context.Context, r *region) error { return c.do(ctx, r, f.email) }),
		}
		command.AddCommand(one)
	}
	for _, c := range command.Commands() {
		if c.Name() != "list" {
			c.Flags().StringVar(&f.email, "email", "", a.say("adresse électronique", "e-mail address"))
		}
	}
	withdraw := &cobra.Command{Use: "withdraw ROLE_ID", Args: cobra.ExactArgs(1), Short: a.say("Retire un rôle, nommé par « user list »", "Take back a role, as named by user list")}
	withdraw.RunE = func(c *cobra.Command, args []string) error {
		return a.inRegion(func(ctx context.Context, r *region) error { return a.withdraw(ctx, r, args[0]) })(c, args)
	}
	command.AddCommand(withdraw)
	return command
}

func roleNames() string {
	names := make([]string, 0, len(access.Roles()))
	for _, r := range access.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

type userFlags struct {
	name, email, establishment string
	admin, emergency           bool
	role, at, until            string
}

func (f userFlags) person(ctx context.Context, r *region) (account.Person, error) {
	p := account.Person{Name: f.name, Email: f.email, GrantedBy: operator, Emergency: f.emergency}
	if p.Name == "" {
		return p, errors.New("a name is needed")
	}
	role, err := f.binding(ctx, r)
	p.Roles = []store.Binding{role}
	return p, err
}

// binding is the role that the flags tell; without any, an analyst of the region.
func (f userFlags) binding(ctx context.Context, r *region) (b store.Binding, err error) {
	switch {
	case f.admin && f.establishment != "":
		return b, errors.New("an administrator sees the whole region")
	case (f.admin || f.establishment != "") && f.role+f.at != "":
		return b, errors.New("--role and --at go without --admin and --establishment")
	case f.admin:
		f.role, f.at = string(access.Administrator), "region"
	case f.establishment != "":
		f.role, f.at = string(access.Reader), "site:"+f.establishment
	case f.role+f.at == "":
		f.role, f.at = string(access.Analyst), "region"
	}
	b.Role = f.role
	if b.Kind, b.Place, err = access.ParsePlace(f.at); err != nil {
		return b, err
	}
	if b.Scope, err = r.store.Place(ctx, b.Kind, b.Place); err != nil {
		return b, err
	}
	if b.Scope.IsNothing() {
		return b, fmt.Errorf("no establishment is at %s", f.at)
	}
	if f.until != "" {
		day, err := settings.ParseDay(f.until)
		if err != nil {
			return b, err
		}
		b.ExpiresAt = day.End()
	}
	return b, access.Check(b)
}

func (a *app) addUser(ctx context.Context, r *region, f userFlags) error {
	person, err := f.person(ctx, r)
	if err != nil {
		return badUser(err)
	}
	where, err := r.addresses()
	if err != nil {
		return err
	}
	code, err := r.accounts.Invite(ctx, person)
	if err != nil {
		return badUser(err)
	}
	return a.giveLink(ctx, r, "add-user", person.Email, where.Web, code)
}

func (a *app) resetUser(ctx context.Context, r *region, email string) error {
	where, err := r.addresses()
	if err != nil {
		return err
	}
	code, err := r.accounts.Reset(ctx, email)
	if err != nil {
		return badUser(err)
	}
	return a.giveLink(ctx, r, "reset-user", email, where.Web, code)
}

// giveLink writes the link alone on standard output.
func (a *app) giveLink(ctx context.Context, r *region, action, email, web, code string) error {
	if err := r.audit(ctx, action, email); err != nil {
		return err
	}
	fmt.Fprintln(a.err, a.say("Lien de première connexion, à remettre à la personne ; il sert une fois, pendant 72 heures :",
		"First sign-in link, to hand to the person; it works once, within 72 hours:"))
	fmt.Fprintln(a.out, web+"/welcome/"+code)
	return nil
}

// named finds a person by address.
func (r *region) named(ctx context.Context, email string) (store.User, error) {
	u, err := r.store.UserByEmail(ctx, strings.ToLower(email))
	if errors.Is(err, store.ErrNotFound) {
		return u, &cli.Problem{
			Sentence: scanner.Text{FR: "aucune personne n'a l'adresse « " + email + " »", EN: "nobody has the address \"" + email + "\""},
			Hint:     scanner.Text{FR: "« user list » montre les personnes connues", EN: `"user list" shows the people known`},
		}
	}
	return u, err
}

func (a *app) grant(ctx context.Context, r *region, f userFlags) error {
	u, err := r.named(ctx, f.email)
	if err != nil {
		return err
	}
	b, err := f.binding(ctx, r)
	if err == nil {
		err = r.accounts.Grant(ctx, u.ID, b, operator)
	}
	if err != nil {
		return badUser(err)
	}
	if err := r.audit(ctx, "grant-role", u.Email+", "+b.Role+", "+access.WritePlace(b)); err != nil {
		return err
	}
	a.tell("%s : rôle « %s » donné.", "%s: role %q given.", u.Email, access.Role(b.Role).Label().In(a.lang.Lang))
	return nil
}

func (a *app) withdraw(ctx context.Context, r *region, id string) error {
	b, err := r.store.Binding(ctx, id)
	if err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "aucun rôle donné ne s'appelle « " + id + " »", EN: "no role given is called \"" + id + "\""},
			Hint:     scanner.Text{FR: "« user list » montre le nom de chaque rôle donné", EN: `"user list" shows the name of each role given`},
			Cause:    err,
		}
	}
	u, err := r.store.User(ctx, b.UserID)
	if err == nil {
		err = r.store.Withdraw(ctx, id)
	}
	if err == nil {
		err = r.audit(ctx, "withdraw-role", u.Email+", "+b.Role+", "+access.WritePlace(b))
	}
	if err == nil {
		a.tell("%s : rôle « %s » retiré.", "%s: role %q taken back.", u.Email, access.Role(b.Role).Label().In(a.lang.Lang))
	}
	return err
}

func (a *app) disableUser(ctx context.Context, r *region, email string) error {
	return a.change(ctx, r, email, "disable-user", r.accounts.Disable, scanner.Text{FR: "%s : connexion interdite, sessions fermées.", EN: "%s: kept out, sessions ended."})
}

func (a *app) enableUser(ctx context.Context, r *region, email string) error {
	return a.change(ctx, r, email, "enable-user", r.accounts.Enable, scanner.Text{FR: "%s : connexion autorisée.", EN: "%s: let in again."})
}

func (a *app) removeUser(ctx context.Context, r *region, email string) error {
	return a.change(ctx, r, email, "remove-user", r.store.RemoveUser, scanner.Text{FR: "%s : personne oubliée, sessions fermées.", EN: "%s: forgotten, sessions ended."})
}

// change does something to a person, and records it.
func (a *app) change(ctx context.Context, r *region, email, action string, do func(context.Context, string) error, done scanner.Text) error {
	u, err := r.named(ctx, email)
	if err != nil {
		return err
	}
	if err := do(ctx, u.ID); err != nil {
		return err
	}
	if err := r.audit(ctx, action, u.Email); err != nil {
		return err
	}
	a.tell(done.FR, done.EN, u.Email)
	return nil
}

func (a *app) listUsers(ctx context.Context, r *region) error {
	users, err := r.store.Users(ctx)
	if err != nil {
		return err
	}
	roles, err := r.store.AllBindings(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		fmt.Fprintf(w, "%s\t%s\t%s\t\n", u.Email, u.Name, a.userState(u))
		for _, b := range roles {
			if b.UserID == u.ID {
				fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", b.ID, b.Role, access.WritePlace(b), a.until(b))
			}
		}
	}
	return w.Flush()
}

func (a *app) userState(u store.User) string {
	switch {
	case !u.DisabledAt.IsZero():
		return a.say("connexion interdite", "kept out")
	case u.Emergency:
		return a.say("compte de secours", "emergency account")
	}
	return ""
}

func (a *app) until(b store.Binding) string {
	switch {
	case b.ExpiresAt.IsZero():
		return ""
	case b.Expired():
		return a.say("échu le ", "expired on ") + b.ExpiresAt.Format(time.DateOnly)
	}
	return a.say("jusqu'au ", "until ") + b.ExpiresAt.Format(time.DateOnly)
}

func badUser(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "cette personne ne peut pas être invitée, ou ne peut pas avoir ce rôle", EN: "this person cannot be invited, or cannot have this role"},
		Hint: scanner.Text{
			FR: "donnez --name et --email, un rôle (--role) et un lieu où il peut être tenu (--at) ; « user reset » donne un nouveau lien à une personne déjà connue",
			EN: `give --name and --email, a role (--role) and a place where it may be held (--at); "user reset" gives a new link to a person already known`,
		},
		Cause: err,
	}
}
