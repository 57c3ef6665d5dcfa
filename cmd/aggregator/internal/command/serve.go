// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carescan/checks"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/web"
	"carescan/cmd/internal/cli"
	"carescan/profiles"
	"carescan/scanner"
)

const farewell = 20 * time.Second // for requests under way when asked to stop

func (a *app) serve() *cobra.Command {
	var addrFile string
	command := &cobra.Command{
		Use: "serve", Args: cobra.NoArgs, Short: a.say("Sert les agents et les pages", "Serve the agents and the pages"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error { return a.serveRegion(ctx, r, addrFile) }),
	}
	command.Flags().StringVar(&addrFile, "addr-file", "", a.say("fichier où écrire les adresses, en JSON", "file to write the addresses to, as JSON"))
	return command
}

// service is one interface: its listener, how it is reached, who answers. All but that
// of monitoring speak TLS.
type service struct {
	listener net.Listener
	url      string
	server   *http.Server
	plain    bool
}

func (s *service) serve() error {
	if s.plain {
		return s.server.Serve(s.listener)
	}
	return s.server.ServeTLS(s.listener, "", "")
}

func (a *app) serveRegion(ctx context.Context, r *region, addrFile string) error {
	release, err := cli.Claim(r.settings.Data)
	if err != nil {
		return badFolder(err)
	}
	defer release()
	decided, err := agentSettings(r.settings)
	if err != nil {
		return err
	}
	work := idle
	if r.settings.Rounds == config.BySelf {
		if work, err = a.work(r); err != nil {
			return err
		}
	}
	agents, err := listen(ctx, r.settings.Agent.Listen, r.settings.Agent.URL, ingest.Guard)
	if err != nil {
		return err
	}
	pages, err := listen(ctx, r.settings.Web.Listen, r.settings.Web.URL, web.Guard)
	if err != nil {
		return errors.Join(err, agents.listener.Close())
	}
	agents.server = ingest.New(r.store, r.authority, r.judge, a.log, decided).HTTP(r.authority.ServerCertificate(agents.hosts()...))
	if pages.server, err = a.pages(r, agents.url, pages); err != nil { //nolint:contextcheck // each request brings its own
		return errors.Join(err, agents.listener.Close(), pages.listener.Close())
	}
	if err := a.announce(r, addresses{agents.url, pages.url}, addrFile); err != nil {
		return errors.Join(err, agents.listener.Close(), pages.listener.Close())
	}
	services := []*service{agents, pages}
	watch, err := a.monitoring(ctx, r, agents, pages)
	if err != nil {
		return errors.Join(err, agents.listener.Close(), pages.listener.Close())
	}
	if watch != nil {
		services = append(services, watch)
	}
	return serveAll(ctx, work, services...)
}

// agentSettings is what the settings decide about agents.
func agentSettings(c config.Config) (ingest.Settings, error) {
	decided := ingest.Settings{Approve: c.Agent.Approve}
	if c.PKI.AnchorsFile == "" {
		return decided, nil
	}
	anchors, err := os.ReadFile(c.PKI.AnchorsFile)
	if err == nil {
		decided.External, err = authority.NewExternal(anchors, authority.Mapping{
			FINESSField: c.PKI.FINESSField, FINESSPattern: c.PKI.FINESSPattern, NameField: c.PKI.NameField,
		})
	}
	if err != nil {
		return decided, &cli.Problem{
			Sentence: scanner.Text{FR: "les réglages de l'autre IGC (pki) ne sont pas utilisables", EN: "the settings of the other PKI (pki) cannot be used"},
			Hint: scanner.Text{
				FR: "vérifiez les autorités de anchors_file, et les champs possibles : " + strings.Join(authority.Fields(), ", "),
				EN: "check the authorities of anchors_file, and the possible fields: " + strings.Join(authority.Fields(), ", "),
			},
			Cause: err,
		}
	}
	return decided, nil
}

func listen(ctx context.Context, address, public string, guard func(net.Listener) net.Listener) (*service, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &cli.Problem{
			Sentence: scanner.Text{FR: "l'adresse " + address + " ne peut pas être écoutée", EN: "address " + address + " cannot be listened on"},
			Hint:     scanner.Text{FR: "choisissez une autre adresse avec --agent-listen ou --web-listen", EN: "choose another with --agent-listen or --web-listen"},
			Cause:    err,
		}
	}
	s := &service{listener: guard(listener), url: public}
	if s.url == "" {
		s.url = "https://" + reachable(listener.Addr().String())
	}
	return s, nil
}

// reachable replaces "every address" by the name of the machine.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return address
	}
	name, err := os.Hostname()
	if err != nil {
		name = "localhost"
	}
	return net.JoinHostPort(name, port)
}

// hosts are the names and addresses the certificate of a service bears.
func (s *service) hosts() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(s.url); err == nil {
		names = append(names, u.Hostname())
	}
	return names
}

func (a *app) pages(r *region, agentURL string, s *service) (*http.Server, error) {
	settings := pageSettings(r, agentURL, s.url)
	var err error
	if settings.Provider, err = openProvider(r.settings.OIDC, s.url); err != nil {
		return nil, err
	}
	pages, err := web.New(r.store, r.authority, r.accounts, a.log, settings)
	if err != nil {
		return nil, err
	}
	certificate := r.authority.ServerCertificate(s.hosts()...).Get
	if r.settings.Web.TLSCertFile != "" {
		// Read at each handshake, so that a renewed file needs no restart.
		certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return r.settings.Web.Certificate() }
	}
	return pages.HTTP(certificate), nil
}

// pageSettings brings the words of checks and catalogs to the pages, as values.
func pageSettings(r *region, agentURL, origin string) web.Settings {
	titles := catalogTitles(r.profiles)
	return web.Settings{
		Region: r.settings.Region, Language: r.settings.Language, SilentAfter: r.settings.SilentAfter, AgentURL: agentURL, Origin: origin,
		Approve: r.settings.Agent.Approve, Rounds: r.rounds(),
		Paper: func(id string) (scanner.Papers, bool) {
			c, ok := checks.ByID(id)
			return c.Papers, ok
		},
		Family: func(name string) (scanner.Text, bool) {
			family, ok := checks.FamilyOf(name)
			return family.Title, ok
		},
		Catalog: func(id string) (scanner.Text, bool) {
			title, ok := titles[id]
			return title, ok
		},
	}
}

func catalogTitles(set *profiles.Set) map[string]scanner.Text {
	titles := map[string]scanner.Text{}
	for _, p := range set.Profiles() {
		for _, c := range set.Catalogs(p) {
			titles[c.ID] = c.Title.Typeset()
		}
	}
	return titles
}

// announce tells where the interfaces are: to the person, to the other
// commands, and to whoever asked for a file.
func (a *app) announce(r *region, where addresses, addrFile string) error {
	if err := writeAddresses(r.addressFile(), where); err != nil {
		return err
	}
	if addrFile != "" {
		if err := writeAddresses(addrFile, where); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.err, a.say("Interface des agents : %s\nPages : %s\n", "Agent interface: %s\nPages: %s\n"), where.Agent, where.Web)
	return nil
}

// serveAll serves, and works, until one of them fails or the context ends; then no new
// request is taken, and what is under way is finished.
func serveAll(ctx context.Context, work func(context.Context) error, services ...*service) error {
	failed := make(chan error, len(services))
	for _, s := range services {
		go func() { failed <- s.serve() }()
	}
	working, rest := context.WithCancel(ctx)
	defer rest()
	worked := make(chan error, 1)
	go func() { worked <- work(working) }()
	var err error
	select {
	case err = <-failed:
	case err = <-worked:
		worked <- nil
	case <-ctx.Done():
	}
	rest()
	parting, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	for _, s := range services {
		err = errors.Join(err, s.server.Shutdown(parting))
	}
	return errors.Join(err, <-worked)
}
