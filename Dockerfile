# Two stages: wheels are installed by hash into a virtual environment, the second stage runs it.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/auxcord
COPY requirements-run.lock ./
RUN /opt/auxcord/bin/pip install --require-hashes --only-binary :all: -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY recsys ./recsys
RUN cp -r bot recsys "$(/opt/auxcord/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')" \
 && /opt/auxcord/bin/python -m compileall -q /opt/auxcord/lib \
 && /opt/auxcord/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin auxcord \
 && mkdir /data && chown auxcord /data
COPY --from=build /opt/auxcord /opt/auxcord
ENV PATH=/opt/auxcord/bin:$PATH PYTHONUNBUFFERED=1 AUXCORD_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-m", "bot", "health"]
# No STOPSIGNAL: the bot handles SIGTERM and SIGINT itself.
ENTRYPOINT ["python", "-m", "bot"]
