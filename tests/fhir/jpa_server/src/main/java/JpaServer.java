import java.io.IOException;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.h2.jdbcx.JdbcConnectionPool;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.api.model.HistoryCountModeEnum;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.MemoryBinaryStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.r5.JpaR5Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.model.entity.NormalizedQuantitySearchLevel;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import jakarta.persistence.EntityManagerFactory;

/**
 * A FHIR server for tests: HAPI's JPA server over H2 in memory, on this machine only.
 *
 * <p>{@code JpaServer --version R4|R5 [--port N] [--seconds N]} prints {@code ready PORT} on standard output when it
 * answers, and ends when standard input does, or after those seconds.
 */
public final class JpaServer {
    /** What sr2graph makes: to tell what it can do with all types of FHIR takes a server twenty seconds. */
    private static final Set<String> TYPES =
            Set.of(
                    "BodyStructure",
                    "Bundle",
                    "Composition",
                    "Device",
                    "DiagnosticReport",
                    "DocumentReference",
                    "Endpoint",
                    "ImagingSelection",
                    "ImagingStudy",
                    "Observation",
                    "Organization",
                    "Patient",
                    "Practitioner",
                    "PractitionerRole",
                    "Procedure",
                    "Provenance",
                    "ServiceRequest",
                    "Specimen");

    private JpaServer() {}

    public static void main(String[] words) throws Exception {
        String version = option(words, "--version", "R4");
        if (!List.of("R4", "R5").contains(version)) {
            throw new IllegalArgumentException("--version is R4 or R5");
        }
        endAfter(Long.parseLong(option(words, "--seconds", "1200")));
        var context = new AnnotationConfigApplicationContext(version.equals("R4") ? R4.class : R5.class);
        int port = serve(context, Integer.parseInt(option(words, "--port", "0")));
        System.out.println("ready " + port);
        System.out.flush();
        waitForEnd();
    }

    private static String option(String[] words, String name, String other) {
        int place = List.of(words).indexOf(name);
        return place < 0 || place + 1 >= words.length ? other : words[place + 1];
    }

    /** Tests that were killed leave no server behind. */
    private static void endAfter(long seconds) {
        new Timer("end", true)
                .schedule(
                        new TimerTask() {
                            @Override
                            public void run() {
                                Runtime.getRuntime().halt(1);
                            }
                        },
                        TimeUnit.SECONDS.toMillis(seconds));
    }

    private static void waitForEnd() throws IOException {
        while (System.in.read() >= 0) {
            // What is said on standard input does not matter.
        }
        // There is nothing to keep: closing all that Spring has started takes seconds.
        Runtime.getRuntime().halt(0);
    }

    private static int serve(ApplicationContext context, int port) throws Exception {
        var server = new Server();
        var connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        var handler = new ServletContextHandler("/");
        handler.addServlet(new ServletHolder(restful(context)), "/fhir/*");
        server.setHandler(handler);
        server.start();
        return connector.getLocalPort();
    }

    private static RestfulServer restful(ApplicationContext context) {
        var server = new RestfulServer(context.getBean(FhirContext.class));
        server.registerProviders(
                context.getBean(ResourceProviderFactory.class).createProviders().stream()
                        .filter(each -> TYPES.contains(((IResourceProvider) each).getResourceType().getSimpleName()))
                        .toList());
        server.registerProvider(context.getBean(IJpaSystemProvider.class));
        var pages = context.getBean(DatabaseBackedPagingProvider.class);
        pages.setMaximumPageSize(1000);
        server.setPagingProvider(pages);
        return server;
    }

    @Configuration
    @Import({JpaR4Config.class, Storage.class})
    static class R4 {}

    @Configuration
    @Import({JpaR5Config.class, Storage.class})
    static class R5 {}

    /** What HAPI leaves to those who run it: the database, and what the server insists on. */
    @Configuration
    @Import({
        HapiJpaConfig.class,
        JpaBatch2Config.class,
        Batch2JobsConfig.class,
        SubscriptionChannelConfig.class,
        ThreadPoolFactoryConfig.class
    })
    static class Storage {
        @Bean
        JpaStorageSettings storageSettings() {
            var settings = new JpaStorageSettings();
            settings.setEnforceReferentialIntegrityOnWrite(true);
            settings.setEnforceReferentialIntegrityOnDelete(true);
            settings.setAutoCreatePlaceholderReferenceTargets(false);
            settings.setAllowExternalReferences(false);
            settings.setNormalizedQuantitySearchLevel(
                    NormalizedQuantitySearchLevel.NORMALIZED_QUANTITY_SEARCH_SUPPORTED);
            // A test asks the same before and after, and counts.
            settings.setReuseCachedSearchResultsForMillis(null);
            settings.setHistoryCountMode(HistoryCountModeEnum.COUNT_ACCURATE);
            return settings;
        }

        @Bean
        PartitionSettings partitionSettings() {
            return new PartitionSettings();
        }

        @Bean
        SubscriptionSettings subscriptionSettings() {
            return new SubscriptionSettings();
        }

        @Bean
        IBinaryStorageSvc binaryStorage() {
            return new MemoryBinaryStorageSvcImpl();
        }

        @Bean
        DataSource dataSource() {
            return JdbcConnectionPool.create("jdbc:h2:mem:fhir;DB_CLOSE_DELAY=-1", "sa", "");
        }

        @Bean
        LocalContainerEntityManagerFactoryBean entityManagerFactory(
                DataSource dataSource,
                ConfigurableListableBeanFactory beans,
                FhirContext fhir,
                JpaStorageSettings settings) {
            var factory = HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
            factory.setPersistenceUnitName("fhir");
            factory.setDataSource(dataSource);
            var properties = new Properties();
            properties.setProperty("hibernate.dialect", HapiFhirH2Dialect.class.getName());
            properties.setProperty("hibernate.hbm2ddl.auto", "create");
            properties.setProperty("hibernate.search.enabled", "false");
            properties.setProperty("hibernate.jdbc.batch_size", "50");
            factory.setJpaProperties(properties);
            return factory;
        }

        @Bean
        @Primary
        JpaTransactionManager transactionManager(EntityManagerFactory factory) {
            return new JpaTransactionManager(factory);
        }
    }
}
