# One image for the web server, the worker, the scheduler and the migrations: the command says which.

FROM node:24-slim AS frontend
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home labelreview && install -d -o labelreview -m 0700 /data
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY manage.py ./
COPY labelreview labelreview
COPY reviews reviews
COPY detection detection
COPY --from=frontend /app/frontend/dist frontend/dist
RUN python -m compileall -q labelreview reviews detection

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LABELREVIEW_DATA=/data HOST=0.0.0.0 PORT=8000
USER labelreview
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["python", "-m", "labelreview.local"]
CMD ["web"]
